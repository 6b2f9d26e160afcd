import type { NetfilterRule } from '@portolan/netfilter'
import {
  type Condition,
  type Exclusion,
  emptyRanges,
  hasValue,
  intersects,
  isEmptySet,
  isOfMember,
  isSingleValue,
  type PacketField,
  type RangeSet,
  singleValue,
} from '@portolan/netfilter/analysis'
import {
  freeFields,
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

/** Packets of some mappings of a group, which are told by their number: each of the region for each of the mappings. */
export interface Block {
  readonly members: RangeSet
  readonly region: Region
  /** Of a hole: the one rule that says it. */
  readonly rule?: NetfilterRule | undefined
}

/** A block without the packets of others: what a rule says of one mapping is a hole in what is said of all. */
export interface Area extends Block {
  readonly holes: readonly Block[]
}

/** What of an area goes one way, and the holes that are new in it. */
export interface Narrowed {
  readonly area: Area
  readonly fresh: readonly Block[]
}

/** The mappings of a group that meet what a condition asks of a mapping. */
export type MembersWith = (condition: Condition) => RangeSet

/** The packets of an area that meet all conditions, and that each exclusion keeps out. */
export const narrowArea = (
  { members, region, holes }: Area,
  conditions: readonly Condition[],
  exclusions: readonly Exclusion[],
  membersWith: MembersWith,
): Narrowed => {
  const block = narrowBlock({ members, region }, conditions, membersWith)
  const fresh = exclusions
    .map(({ all, rule }): Block => ({ ...narrowBlock(block, all, membersWith), rule }))
    .filter((hole) => !isEmptyBlock(hole))
  return { area: { ...block, holes: [...clip(holes, block), ...fresh] }, fresh }
}

/** The same, of one of its mappings only. */
export const pinTo = ({ area, fresh }: Narrowed, member: number): Narrowed => {
  const block: Block = { members: singleValue(member), region: area.region }
  return { area: { ...block, holes: clip(area.holes, block) }, fresh: clip(fresh, block) }
}

const narrowBlock = (
  { members, region }: Block,
  conditions: readonly Condition[],
  membersWith: MembersWith,
): Block => {
  let left = members
  for (const condition of conditions)
    if (isOfMember(condition)) left = meet(left, membersWith(condition), true)
  // Most rules name a mapping that is none of these.
  return isEmptySet(left) ? { members: left, region } : { members: left, region: narrow(region, conditions) }
}

const isEmptyBlock = ({ members, region }: Block): boolean => isEmptySet(members) || isEmptyRegion(region)

/** The parts of holes that are in a block. A hole that is all in it is the hole itself. */
const clip = (holes: readonly Block[], block: Block): readonly Block[] =>
  holesMeeting(holes, block.members).flatMap((hole) => {
    if (areApart(hole.region, block.region)) return []
    const region = meetRegions(hole.region, block.region)
    if (isEmptyRegion(region)) return []
    const members = meet(hole.members, block.members, true)
    const isWhole = region === hole.region && members === hole.members
    return isWhole ? [hole] : [{ members, region, rule: hole.rule }]
  })

/** The packets that are in both. All of the first is the first itself. */
export const meetRegions = (a: Region, b: Region): Region => {
  const saddr = meetIn(a, b, 'saddr')
  const daddr = meetIn(a, b, 'daddr')
  const sport = meetIn(a, b, 'sport')
  const dport = meetIn(a, b, 'dport')
  const isSame = saddr === a.saddr && daddr === a.daddr && sport === a.sport && dport === a.dport
  return isSame ? a : { saddr, daddr, sport, dport }
}

const meetIn = (a: Region, b: Region, field: PacketField): RangeSet =>
  a[field] === b[field] ? a[field] : meet(a[field], b[field], true)

/** Have two regions no packet in common? */
const areApart = (a: Region, b: Region): boolean =>
  freeFields.some((field) => a[field] !== b[field] && !intersects(a[field], b[field]))

/** What is left of an area when what goes one way is taken out: areas that share no packet. */
export const leftOf = ({ members, region, holes }: Area, { area, fresh }: Narrowed): readonly Area[] => {
  const left: Area[] = []
  const add = (block: Block, more: readonly Block[] = []): void => {
    left.push({ ...block, holes: [...clip(holes, block), ...clip(more, block)] })
  }
  const others = meet(members, area.members, false)
  if (!isEmptySet(others)) add({ members: others, region })
  for (const part of without(region, area.region)) add({ members: area.members, region: part })
  for (const hole of fresh) {
    // Hundreds of rules each name one mapping: those of others are not held against it.
    const alike = holesMeeting(fresh, hole.members)
    add(hole, alike.slice(0, alike.indexOf(hole)))
  }
  return left
}

/** One packet and its mapping. */
export interface MemberPoint {
  readonly member: number
  readonly point: Point
}

/** An area of nothing but one packet. */
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

/** The holes that a packet is in. */
export const holesAt = (holes: readonly Block[], at: MemberPoint): readonly Block[] =>
  holesFor(holes, at.member).filter((hole) => isIn(hole, at))

export const holds = ({ members, region, holes }: Area, at: MemberPoint): boolean =>
  isIn({ members, region }, at) && !holes.some((hole) => isIn(hole, at))

const isIn = ({ members, region }: Block, { member, point }: MemberPoint): boolean =>
  hasValue(members, member) && freeFields.every((field) => hasValue(region[field], point[field]))

/** Holes by the one mapping that they are of, and those of several; each with its place. */
interface HolesByMember {
  readonly ofOne: ReadonlyMap<number, readonly number[]>
  readonly ofSeveral: readonly number[]
}

/** Fewer holes than this are looked through. */
const FEW = 16

const byMember = new WeakMap<readonly Block[], HolesByMember>()

/** The holes that a mapping may have, in their order. Of hundreds of rules that each name one mapping, few are of it. */
const holesFor = (holes: readonly Block[], member: number): readonly Block[] => {
  if (holes.length < FEW) return holes
  const known = byMember.get(holes) ?? indexHoles(holes)
  byMember.set(holes, known)
  const own = known.ofOne.get(member) ?? []
  const places = known.ofSeveral.length === 0 ? own : [...own, ...known.ofSeveral].sort((a, b) => a - b)
  return places.flatMap((place) => holes[place] ?? [])
}

/** The holes of which some mapping is in a set, in their order. */
const holesMeeting = (holes: readonly Block[], members: RangeSet): readonly Block[] =>
  isSingleValue(members)
    ? holesFor(holes, Number(members.starts[0])).filter((hole) => intersects(hole.members, members))
    : holes.filter((hole) => intersects(hole.members, members))

const indexHoles = (holes: readonly Block[]): HolesByMember => {
  const ofOne = new Map<number, number[]>()
  const ofSeveral: number[] = []
  for (const [place, { members }] of holes.entries()) {
    const only = isSingleValue(members) ? Number(members.starts[0]) : null
    const own = only === null ? ofSeveral : ofOne.get(only)
    if (own !== undefined) own.push(place)
    else if (only !== null) ofOne.set(only, [place])
  }
  return { ofOne, ofSeveral }
}

/**
 * The packets of one mapping in an area: regions that share no packet.
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
 * The packets of one mapping in an area as if it had no holes, where some source is in none of them: the packets of that
 * source have all that the whole has in the other fields. Null where no such source is seen.
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
 * A packet of an area; one that looks natural, where there is one. Null: the area is empty.
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

/** The packets of a mapping, and which of them make a good example. */
export interface Packets extends Preferences {
  readonly region: Region
  /** No packet goes to its own source. */
  readonly isApart?: true
}

/** Has a region no packet of the row? */
export const isNone = ({ isApart }: Packets, region: Region): boolean =>
  isApart === true && isToItself(region)

/** The mappings of a set, one by one. */
export const numbersIn = ({ starts, ends }: RangeSet): readonly number[] => {
  const numbers: number[] = []
  for (let at = 0; at < starts.length; at += 1)
    for (let value = Number(starts[at]); value <= Number(ends[at]); value += 1) numbers.push(value)
  return numbers
}

/** Are these all the numbers up to one? */
export const isAll = ({ starts, ends }: RangeSet, count: number): boolean =>
  starts.length === 1 && starts[0] === 0 && ends[0] === count - 1

/** All numbers up to one. */
export const numbersBelow = (count: number): RangeSet =>
  count === 0 ? emptyRanges : { starts: [0], ends: [count - 1] }
