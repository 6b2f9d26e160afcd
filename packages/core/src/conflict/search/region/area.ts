import type { NetfilterRule } from '@portolan/netfilter'
import {
  type Condition,
  type Exclusion,
  emptyRanges,
  hasValue,
  intersects,
  isEmptySet,
  isOfMember,
  type RangeSet,
  singleValue,
} from '@portolan/netfilter/analysis'
import { holesFor, holesMeeting } from './holes-by-member.ts'
import {
  isEmptyRegion,
  isToItself,
  meet,
  narrow,
  type Point,
  type Preferences,
  pick,
  type Region,
  without,
} from './region.ts'

/**
 * Packets of some mappings of a group: every packet of the region, for each of the mappings. Mappings are known by
 * number.
 */
export interface Block {
  readonly members: RangeSet
  readonly region: Region
  /** In a hole: the rule that makes the exception. */
  readonly rule?: NetfilterRule | undefined
}

/** A block with holes. A rule that asks for one mapping makes a hole in what holds for all mappings. */
export interface Area extends Block {
  readonly holes: readonly Block[]
}

/** The part of an area in which all packets go one way, and the new holes in that part. */
export interface Narrowed {
  readonly area: Area
  readonly fresh: readonly Block[]
}

/** The mappings of a group that meet a condition on the mapping. */
export type MembersWith = (condition: Condition) => RangeSet

/** Narrows an area to the packets that meet all conditions. Each exclusion becomes a hole. */
export const narrowArea = (
  { members, region, holes }: Area,
  conditions: readonly Condition[],
  exclusions: readonly Exclusion[],
  membersWith: MembersWith,
): Narrowed => {
  const block = narrowBlock({ members, region }, conditions, membersWith)
  const fresh: Block[] = []
  for (const { all, rule } of exclusions) {
    const hole = narrowBlock(block, all, membersWith)
    if (!isEmptyBlock(hole)) fresh.push({ members: hole.members, region: hole.region, rule })
  }
  return { area: areaOf(block, [...clip(holes, block), ...fresh]), fresh }
}

const areaOf = ({ members, region, rule }: Block, holes: readonly Block[]): Area => ({
  members,
  region,
  rule,
  holes,
})

/** Restricts a narrowed area to one of its mappings. */
export const pinTo = ({ area, fresh }: Narrowed, member: number): Narrowed => {
  const block: Block = { members: singleValue(member), region: area.region }
  return { area: areaOf(block, clip(area.holes, block)), fresh: clip(fresh, block) }
}

const narrowBlock = (
  { members, region }: Block,
  conditions: readonly Condition[],
  membersWith: MembersWith,
): Block => {
  let left = members
  for (const condition of conditions)
    if (isOfMember(condition)) left = meet(left, membersWith(condition), true)
  // Most rules name a mapping outside this block.
  return isEmptySet(left) ? { members: left, region } : { members: left, region: narrow(region, conditions) }
}

const isEmptyBlock = ({ members, region }: Block): boolean => isEmptySet(members) || isEmptyRegion(region)

/** Cuts holes down to a block. A hole that lies inside the block keeps its identity. */
const clip = (holes: readonly Block[], block: Block): readonly Block[] => {
  const clipped: Block[] = []
  for (const hole of holesMeeting(holes, block.members)) {
    if (areApart(hole.region, block.region)) continue
    const region = meetRegions(hole.region, block.region)
    if (isEmptyRegion(region)) continue
    const members = meet(hole.members, block.members, true)
    const isWhole = region === hole.region && members === hole.members
    clipped.push(isWhole ? hole : { members, region, rule: hole.rule })
  }
  return clipped
}

/** The packets in both regions. If that is all of the first region, its object is returned. */
export const meetRegions = (a: Region, b: Region): Region => {
  const saddr = meetIn(a.saddr, b.saddr)
  const daddr = meetIn(a.daddr, b.daddr)
  const sport = meetIn(a.sport, b.sport)
  const dport = meetIn(a.dport, b.dport)
  const isSame = saddr === a.saddr && daddr === a.daddr && sport === a.sport && dport === a.dport
  return isSame ? a : { saddr, daddr, sport, dport }
}

const meetIn = (a: RangeSet, b: RangeSet): RangeSet => (a === b ? a : meet(a, b, true))

/** Whether two regions have no packet in common. */
const areApart = (a: Region, b: Region): boolean =>
  areSetsApart(a.daddr, b.daddr) ||
  areSetsApart(a.saddr, b.saddr) ||
  areSetsApart(a.dport, b.dport) ||
  areSetsApart(a.sport, b.sport)

const areSetsApart = (a: RangeSet, b: RangeSet): boolean => a !== b && !intersects(a, b)

/** The rest of an area without a narrowed part. The areas of the rest share no packet. */
export const leftOf = ({ members, region, holes }: Area, { area, fresh }: Narrowed): readonly Area[] => {
  const left: Area[] = []
  const add = (block: Block, more: readonly Block[] = []): void => {
    left.push(areaOf(block, [...clip(holes, block), ...clip(more, block)]))
  }
  const others = meet(members, area.members, false)
  if (!isEmptySet(others)) add({ members: others, region })
  for (const part of without(region, area.region)) add({ members: area.members, region: part })
  for (const hole of fresh) {
    // Hundreds of rules may each name one mapping. Only holes that share a mapping with this one are compared.
    const alike = holesMeeting(fresh, hole.members)
    add(hole, alike.slice(0, alike.indexOf(hole)))
  }
  return left
}

/** A packet with the number of its mapping. */
export interface MemberPoint {
  readonly member: number
  readonly point: Point
}

/** An area that holds a single packet. */
export const onlyPoint = ({ member, point }: MemberPoint): Area => ({
  members: singleValue(member),
  region: {
    saddr: singleValue(point.saddr),
    daddr: singleValue(point.daddr),
    sport: singleValue(point.sport),
    dport: singleValue(point.dport),
  },
  holes: [],
})

/** The holes that a packet lies in. */
export const holesAt = (holes: readonly Block[], at: MemberPoint): readonly Block[] =>
  holesFor(holes, at.member).filter((hole) => isIn(hole, at))

export const holds = ({ members, region, holes }: Area, at: MemberPoint): boolean =>
  isIn({ members, region }, at) && !holes.some((hole) => isIn(hole, at))

const isIn = ({ members, region }: Block, { member, point }: MemberPoint): boolean =>
  hasValue(members, member) &&
  hasValue(region.daddr, point.daddr) &&
  hasValue(region.saddr, point.saddr) &&
  hasValue(region.dport, point.dport) &&
  hasValue(region.sport, point.sport)

/**
 * The packets of one mapping in an area, as regions that share no packet.
 *
 * @param own - all packets of the mapping
 */
export const regionsOf = (
  { members, region, holes }: Area,
  member: number,
  own: Region,
): readonly Region[] => {
  if (!hasValue(members, member)) return []
  const whole = meetRegions(region, own)
  let parts = isEmptyRegion(whole) ? [] : [whole]
  for (const hole of holesFor(holes, member)) {
    if (parts.length === 0) break
    if (!hasValue(hole.members, member)) continue
    const left: Region[] = []
    for (const part of parts)
      if (areApart(part, hole.region)) left.push(part)
      else left.push(...without(part, meetRegions(part, hole.region)))
    parts = left
  }
  return parts
}

/**
 * The packets of one mapping in an area, holes ignored, if some source lies in no hole: that source's packets cover the
 * whole region in all other fields. Null: no such source was found.
 */
export const sparedRegion = (
  { members, region, holes }: Area,
  member: number,
  own: Region,
): Region | null => {
  if (!hasValue(members, member)) return null
  const whole = meetRegions(region, own)
  if (isEmptyRegion(whole)) return null
  const met = holesFor(holes, member).filter((hole) => hasValue(hole.members, member))
  const isSpared = (source: number | bigint): boolean =>
    met.every((hole) => !hasValue(hole.region.saddr, source))
  return whole.saddr.starts.some(isSpared) ? whole : null
}

/**
 * Picks a packet of an area, a natural-looking one if there is one. Null: the area is empty.
 *
 * @param ownOf - all packets of a mapping
 */
export const pickFrom = (area: Area, ownOf: (member: number) => Packets): MemberPoint | null => {
  for (const member of numbersIn(area.members)) {
    const own = ownOf(member)
    const natural = meetRegions(area.region, own.region)
    if (isEmptyRegion(natural) || isNone(own, natural)) continue
    const point = pick(natural, own)
    if (!area.holes.some((hole) => isIn(hole, { member, point }))) return { member, point }
    const first = regionsOf(area, member, own.region).find((region) => !isNone(own, region))
    if (first !== undefined) return { member, point: pick(first, own) }
  }
  return null
}

/** The packets of a mapping, with preferences for a good example. */
export interface Packets extends Preferences {
  readonly region: Region
  /** No packet has the same source and destination. */
  readonly isApart?: true
}

/** Whether a region holds no packet of the row. */
export const isNone = ({ isApart }: Packets, region: Region): boolean =>
  isApart === true && isToItself(region)

/** The mappings of a set, as a list of numbers. */
export const numbersIn = ({ starts, ends }: RangeSet): readonly number[] => {
  const numbers: number[] = []
  for (let at = 0; at < starts.length; at += 1)
    for (let value = Number(starts[at]); value <= Number(ends[at]); value += 1) numbers.push(value)
  return numbers
}

/** Whether a set holds all numbers from 0 to below `count`. */
export const isAll = ({ starts, ends }: RangeSet, count: number): boolean =>
  starts.length === 1 && starts[0] === 0 && ends[0] === count - 1

/** All numbers from 0 to below `count`. */
export const numbersBelow = (count: number): RangeSet =>
  count === 0 ? emptyRanges : { starts: [0], ends: [count - 1] }
