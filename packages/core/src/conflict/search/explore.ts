import type { NetfilterRule } from '@portolan/netfilter'
import type { Followed, Follower } from '@portolan/netfilter/analysis'
import {
  type Condition,
  countTold,
  exactly,
  type FreeField,
  hasFewValues,
  intersects,
  isSingleValue,
  type Learner,
  type MemberField,
  noOrigins,
  type PacketField,
} from '@portolan/netfilter/analysis'
import {
  type Area,
  type Block,
  holds,
  holesAt,
  leftOf,
  type MemberPoint,
  type Narrowed,
  narrowArea,
  numbersBelow,
  onlyPoint,
  pickFrom,
  pinTo,
} from './area.ts'
import { failingPacket } from './failing-packet.ts'
import { followFirst } from './follow-first.ts'
import { type Judgement, judge } from './judge.ts'
import type { GroupRow } from './mapping-group.ts'
import { freeFields, type Point } from './region.ts'
import type { Row } from './row.ts'
import { startLearner } from './start-learner.ts'

/** Packets that fare alike, of one mapping or of several. */
export interface GroupCell extends MemberPoint {
  /** The whole of them. */
  readonly area: Area
  /** Of the one packet that was followed. */
  readonly judgement: Judgement
  /** Without this rule that packet would be served, as those around it are. */
  readonly servedWithout?: NetfilterRule
}

/** A row cut into cells. */
export interface ExploredRow {
  readonly row: GroupRow
  readonly cells: readonly GroupCell[]
  /** All of the row was seen. */
  readonly isWhole: boolean
  /** Nothing of it was looked at: other rows took all that is spent on a search. */
  readonly isUnseen?: true
  /** Packets that seem to be served stand for others that may not be. */
  readonly doubts: ReadonlySet<Doubt>
  /** Of a row of many that was cut: what was seen when one of them alone would have been cut. */
  readonly asOne?: Pick<ExploredRow, 'cells' | 'doubts'>
  /** It was cut, and each of its members alone would be cut after the very same cells. */
  readonly isOfEach?: true
}

/**
 * - `computed`: a rule computes with the bits of an address or port.
 * - `courses`: the rules leave more courses open than are followed.
 */
export type Doubt = 'computed' | 'courses'

/** More kinds of packets than this are not told apart in one row of a mapping; or of a network, which is told once. */
export const mostCells = { mapping: 512, network: 256 } as const

/** In a row of many mappings, so many more for each. */
const mostCellsMore = 8

/**
 * A packet whose way hangs on thousands of rules takes as long to follow as many others do: in the row of a network it
 * counts as so many.
 */
const heavy = { conditions: 512, count: 64 } as const

const nothing: ReadonlySet<object> = new Set()

/**
 * Cuts the packets of a row into cells that fare alike, exactly: one packet is followed, and all that the rules,
 * routes and sets asked of it says which others go the very same way; then one of those that are left, until none
 * is.
 *
 * @param skipsForeign - passes over foreign chains that only pass or stop packets (see `Learner`)
 */
export const explore = (follower: Follower, row: GroupRow, skipsForeign = false): ExploredRow => {
  const { first, count } = row
  const mostOfOne = mostCells[first.mapping === null ? 'network' : 'mapping']
  const most = mostOfOne + mostCellsMore * (count - 1)
  const cells: GroupCell[] = []
  const doubts = new Set<Doubt>()
  let effort = 0
  let asOne: ExploredRow['asOne']
  /** Areas that one rule makes another of, and all such areas of the served packets around them. */
  const amongServed = new Map<Area, readonly Block[]>()
  const left: Area[] = []
  const leftLikely: Area[] = []
  const leave = (area: Area): unknown => (isLikely(first, area) ? leftLikely : left).push(area)
  leave({ members: numbersBelow(count), region: row.region, holes: [] })
  const next = (): Area | undefined => leftLikely.pop() ?? left.pop()
  for (let area = next(); area !== undefined; area = next()) {
    const picked = pickFrom(area, row.packetsOf)
    if (picked === null) continue
    if (effort >= mostOfOne) asOne ??= { cells: [...cells], doubts: new Set(doubts) }
    if (effort >= most) return { row, cells, isWhole: false, doubts, ...(asOne && { asOne }) }
    const { member, point } = picked
    const own = row.rowOf(member) ?? first
    const learner = learnerFor(row, area, picked, nothing, { skipsForeign })
    const followed = followFirst(follower, own, point, learner)
    const judgement = judge(own, followed, point, follower.host)
    effort += first.mapping === null && countTold(learner.conditions) > heavy.conditions ? heavy.count : 1
    if (judgement.kind === 'kept') {
      if (learner.blurred) doubts.add('computed')
      if (followed.run.truncated) doubts.add('courses')
    }
    const narrowed = narrowBy(row, area, picked, learner)
    const shown = learner.blurred
      ? { point, judgement: doubt(judgement) }
      : failingPacket({ member, point, judgement }, narrowed.area, own, (other) =>
          followPoint(follower, own, other),
        )
    const servedWithout = onlyRuleAt(amongServed.get(area), { member, point: shown.point })
    cells.push({ area: narrowed.area, member, ...shown, ...(servedWithout && { servedWithout }) })
    const isServed = judgement.kind === 'kept' && !followed.run.truncated
    for (const part of leftOf(area, narrowed)) {
      if (isServed && part.rule !== undefined) amongServed.set(part, narrowed.fresh)
      leave(part)
    }
  }
  return { row, cells, isWhole: true, doubts }
}

/** The rule that alone tells a packet from those around it: without it, it goes their way. */
const onlyRuleAt = (holes: readonly Block[] | undefined, at: MemberPoint): NetfilterRule | undefined => {
  if (holes === undefined) return undefined
  const [first, ...others] = holesAt(holes, at)
  return others.every(({ rule }) => rule === first?.rule) ? first?.rule : undefined
}

/** Has an area packets of those that make the best example? They are followed first. */
const isLikely = ({ prefers, prefersFrom }: Row, { region }: Area): boolean =>
  (prefers === null || intersects(region.daddr, prefers)) &&
  (prefersFrom === undefined || intersects(region.saddr, prefersFrom))

const narrowBy = (row: GroupRow, area: Area, picked: MemberPoint, learner: Learner): Narrowed => {
  const { blurred, conditions, exclusions } = learner
  const whole: Narrowed = blurred
    ? narrowArea(area, ofOneAddress(area, picked), [], row.values.membersWith)
    : narrowArea(area, conditions, exclusions, row.values.membersWith)
  if (!holds(whole.area, picked)) return { area: onlyPoint(picked), fresh: [] }
  return learner.speaksForOthers && blurred ? pinTo(whole, picked.member) : whole
}

/** More addresses than this are not asked one by one. */
const FEW_ADDRESSES = 32

/** Where something was computed from a packet, it is still asked at each address of the host. */
const ofOneAddress = ({ region: { daddr } }: Area, { point }: MemberPoint): readonly Condition[] =>
  hasFewValues(daddr, FEW_ADDRESSES) ? [exactly('daddr', point.daddr)] : []

const doubt = (judgement: Judgement): Judgement =>
  judgement.kind === 'kept' ? judgement : { ...judgement, certainty: 'possible' }

/** What becomes of a packet of a row. */
export const followPoint = (follower: Follower, row: Row, point: Point): Judgement =>
  judge(row, followFirst(follower, row, point, null), point, follower.host)

/** What would become of a packet if some rules were not there. */
export const followWithout = (
  follower: Follower,
  row: Row,
  point: Point,
  ignored: ReadonlySet<object>,
  { isThorough = false }: Partial<Pick<Learner, 'isThorough'>> = {},
): Judgement =>
  judge(row, followFirst(follower, row, point, startLearner({ ignored, isThorough })), point, follower.host)

/** What becomes of a packet, and what tells of which others it holds. */
export interface FollowedForOthers {
  readonly judgement: Judgement
  readonly learner: Learner
}

/** What would become of a packet if some rules were not there, and of which others that holds. */
export const followForOthers = (
  follower: Follower,
  row: GroupRow,
  area: Area,
  at: MemberPoint,
  ignored: ReadonlySet<object>,
): FollowedForOthers => {
  const { member, point } = at
  const own = row.rowOf(member) ?? row.first
  const learner = learnerFor(row, area, at, ignored)
  return { judgement: judge(own, followFirst(follower, own, point, learner), point, follower.host), learner }
}

/** The way of one packet with all that acted on it, and what tells which mappings of its network it is the way of. */
export interface FollowedThoroughly extends FollowedForOthers {
  readonly followed: Followed
}

export const followThoroughly = (
  follower: Follower,
  row: GroupRow,
  at: MemberPoint,
  ignored: ReadonlySet<object>,
): FollowedThoroughly => {
  const own = row.rowOf(at.member) ?? row.first
  const area: Area = { ...onlyPoint(at), members: numbersBelow(row.count) }
  const learner = learnerFor(row, area, at, ignored, { isThorough: true })
  const followed = followFirst(follower, own, at.point, learner)
  return { judgement: judge(own, followed, at.point, follower.host), learner, followed }
}

const memberFields: readonly MemberField[] = ['targetAddress', 'targetPort', 'hostPort']

/** The values that stand for the mapping. */
const valuesOfMember = ({ values }: GroupRow, member: number): Map<FreeField, number | bigint> => {
  const known = new Map<FreeField, number | bigint>()
  for (const field of memberFields) {
    const value = values.of[field]?.[member]
    if (value !== undefined) known.set(field, value)
  }
  return known
}

/** What tells mappings apart is an address, or a port. */
const membersOf: Readonly<Record<PacketField, readonly MemberField[]>> = {
  saddr: ['targetAddress'],
  daddr: ['targetAddress'],
  sport: ['hostPort', 'targetPort'],
  dport: ['hostPort', 'targetPort'],
}

const learnerFor = (
  row: GroupRow,
  { members, region }: Area,
  { member, point }: MemberPoint,
  ignored: ReadonlySet<object>,
  { skipsForeign = false, isThorough = false }: Partial<Pick<Learner, 'skipsForeign' | 'isThorough'>> = {},
): Learner => {
  // Where only one mapping is left, nothing is to be said of others.
  const values = isSingleValue(members) ? new Map<FreeField, number | bigint>() : valuesOfMember(row, member)
  const speaksForOthers = values.size > 0
  const origins: Record<PacketField, FreeField | null> = { ...noOrigins }
  for (const field of freeFields) {
    if (!row.open.includes(field)) {
      origins[field] = membersOf[field].find((one) => values.get(one) === point[field]) ?? null
      continue
    }
    // What the kernel chooses follows from the destination.
    if (field === 'saddr' && row.first.choosesSource) continue
    if (isSingleValue(region[field])) continue
    origins[field] = field
    values.set(field, point[field])
  }
  const { bounds, leadsTo, alike } = row
  return startLearner({
    ...{ origins, values, region: bounds, speaksForOthers, leadsTo, alike: isThorough ? null : alike },
    ...{ skipsForeign, isThorough, ignored },
  })
}
