import type {
  Conclusion,
  Followed,
  Follower,
  FreeField,
  Learner,
  TraceStep,
} from '@portolan/netfilter/analysis'
import { isArrival, isSingleValue, openFlow, type RangeSet, singleValue } from '@portolan/netfilter/analysis'
import {
  type Area,
  holds,
  leftOf,
  meetRegions,
  type Narrowed,
  narrowArea,
  numbersBelow,
  onlyPoint,
  pickFrom,
  regionsOf,
} from '../search/area.ts'
import { freeFields, isEmptyRegion, type Point, type Region, without } from '../search/region.ts'
import type { Arriving } from './open-packets.ts'

/** Packets that a remedy may let through. */
export interface Suspects extends Arriving {
  readonly region: Region
}

/**
 * - `packet`: one that a remedy lets through and should not.
 * - `too-many`: the packets are too many to tell.
 * - `unchecked`: the remedies before it took all that is spent on checking.
 * - `computed`: a rule computes with the bits of an address or port, so that one packet says nothing of the others.
 */
export type Opened =
  | { readonly kind: 'packet'; readonly point: Point }
  | { readonly kind: 'too-many' }
  | { readonly kind: 'unchecked' }
  | { readonly kind: 'computed' }

/** A host with the rules of remedies, and what they may do. */
export interface Judged {
  /** With the rules of the remedies. */
  readonly follower: Follower
  /** These rules: without them the host is as it was. */
  readonly inserted: ReadonlySet<object>
  /** The same, and the rules and policies that the remedies are there to pass by. */
  readonly passedBy: ReadonlySet<object>
  /** What the contract lets through. */
  readonly open: (packets: Arriving) => readonly Region[]
  /** Asked for each kind of packets; false: no more of them are followed, for this remedy or any other. */
  readonly mayFollow: () => boolean
}

/** More kinds of packets than this are not told apart. */
const MOST_CELLS = 512

/**
 * Looks for a packet that passes with the rules of a remedy, did not pass without them, and is not of the contract; or
 * that is of the contract, and was stopped by another rule than a culprit. As conflicts are found: one packet is
 * followed with and without the rules, and all that was asked of it says which others fare alike.
 */
export const findOpened = (judged: Judged, suspects: Suspects): Opened | null => {
  const { follower, inserted } = judged
  const open = judged.open(suspects)
  const left: Area[] = [{ members: numbersBelow(1), region: suspects.region, holes: [] }]
  let cells = 0
  for (let area = left.pop(); area !== undefined; area = left.pop()) {
    const picked = pickFrom(area, () => ({ region: suspects.region, prefers: null }))
    if (picked === null) continue
    if (cells >= MOST_CELLS) return { kind: 'too-many' }
    if (!judged.mayFollow()) return { kind: 'unchecked' }
    cells += 1
    const point = withoutTwins(picked.point, area)
    const learner = learnerFor(suspects, area.region, point, nothing)
    const learners = [nothing, inserted, judged.passedBy].map((ignored) => ({ ...learner, ignored }))
    // As it will be, as it is, and as it would be without the culprits: a ban behind one has to hold still.
    const [after, before, others] = learners.map((one) => follow(follower, suspects, point, one))
    if (after === undefined || before === undefined || others === undefined) continue
    const isNew = isOpened(before.conclusions, after.conclusions)
    if (isNew && isOpened(others.conclusions, after.conclusions)) return { kind: 'packet', point }
    if (learners.some(({ blurred }) => blurred)) return { kind: 'computed' }
    const narrowed = narrow(area, point, learner)
    left.push(...leftOf(area, narrowed))
    if (!isNew) continue
    const beyond = regionsOf(narrowed.area, 0, suspects.region)
      .flatMap((region) => open.reduce(subtract, [region]))
      .find((region) => !isEmptyRegion(region))
    if (beyond !== undefined)
      return {
        kind: 'packet',
        point: pickFrom(whole(beyond), () => ({ region: beyond, prefers: null }))?.point ?? point,
      }
  }
  return null
}

/**
 * The point, or one beside it whose source differs from its destination. A learner knows a field by its value: of two
 * fields of one value it would take what is asked of the one for the other.
 */
const withoutTwins = (point: Point, area: Area): Point => {
  const { region } = area
  const saddr = point.saddr === point.daddr ? otherValue(region.saddr, point.saddr) : point.saddr
  const sport = point.sport === point.dport ? otherValue(region.sport, point.sport) : point.sport
  const other = { ...point, saddr, sport }
  return holds(area, { member: 0, point: other }) ? other : point
}

/** Another value of a set, where it has one. */
const otherValue = ({ starts, ends }: RangeSet, value: number | bigint): number | bigint => {
  for (let at = 0; at < starts.length; at += 1) {
    const [first, last] = [starts[at] ?? value, ends[at] ?? value]
    if (first !== value) return first
    if (last !== value) return last
  }
  return value
}

/** Fields that have but one value are not asked after. */
const hasTwins = (point: Point, region: Region): boolean =>
  (
    [
      ['saddr', 'daddr'],
      ['sport', 'dport'],
    ] as const
  ).some(
    ([one, other]) =>
      point[one] === point[other] && !(isSingleValue(region[one]) && isSingleValue(region[other])),
  )

const whole = (region: Region): Area => ({ members: numbersBelow(1), region, holes: [] })

const nothing: ReadonlySet<object> = new Set()

const subtract = (regions: readonly Region[], open: Region): readonly Region[] =>
  regions.flatMap((region) => {
    const taken = meetRegions(region, open)
    return isEmptyRegion(taken) ? [region] : without(region, taken)
  })

const passes = ({ end }: Conclusion): boolean => isArrival(end)

/** Some course passes now, and was stopped, or may have been, by what no longer stops it. */
const isOpened = (before: readonly Conclusion[], after: readonly Conclusion[]): boolean => {
  if (!after.some(passes)) return false
  if (!before.some(passes)) return true
  const still = stoppers(after)
  return stoppers(before).some((one) => !still.includes(one))
}

const stoppers = (conclusions: readonly Conclusion[]): readonly (object | string)[] =>
  conclusions.flatMap((one) => (passes(one) ? [] : [stopperOf(one.end.world.trace)]))

/** What stopped a packet: a rule; a policy by the place of its chain, since a chain with one rule more is another. */
export const stopperOf = (step: TraceStep | null): object | string => {
  if (step === null) return 'nothing'
  const { rule, table, chain, text } = step
  return (
    rule ??
    (table === null ? (text ?? 'kernel') : `${table.tool} ${table.family} ${table.name} ${chain?.name}`)
  )
}

const narrow = (area: Area, point: Point, { conditions, exclusions }: Learner): Narrowed => {
  const all = (): typeof area.members => singleValue(0)
  const narrowed = narrowArea(area, conditions, exclusions, all)
  const at = { member: 0, point }
  if (hasTwins(point, area.region)) return { area: onlyPoint(at), fresh: [] }
  return holds(narrowed.area, at) ? narrowed : { area: onlyPoint(at), fresh: [] }
}

const learnerFor = (
  { in: from }: Arriving,
  region: Region,
  point: Point,
  ignored: ReadonlySet<object>,
): Learner => {
  const free = new Map<number | bigint, FreeField>()
  for (const field of freeFields) {
    // The kernel chooses the source of what the host sends.
    if (field === 'saddr' && from === null) continue
    if (!isSingleValue(region[field])) free.set(point[field], field)
  }
  return {
    ...{ free, region, ignored, speaksForOthers: false, leadsTo: null, alike: null },
    ...{ conditions: [], exclusions: [], blurred: false, isLenient: false, skipsForeign: false },
  }
}

const follow = (
  follower: Follower,
  { family, protocol, in: from }: Arriving,
  point: Point,
  learner: Learner,
): Followed =>
  follower.follow(
    openFlow(
      follower.host,
      {
        ...{ family, protocol, in: from, port: null, daddr: point.daddr },
        saddr: from === null ? null : point.saddr,
        ...{ sport: Number(point.sport), dport: Number(point.dport) },
        ...{ state: 'new', mark: 0, tcpFlags: null, icmpType: null, icmpCode: 0 },
      },
      learner,
    ),
  )
