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
import type { GroupRow } from '../group/mapping-group.ts'
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
} from '../region/area.ts'
import { freeFields, type Point } from '../region/region.ts'
import type { Row } from '../rows/row.ts'
import { failingPacket } from './failing-packet.ts'
import { followFirst } from './follow-first.ts'
import { type Judgement, judge } from './judge.ts'
import { startLearner } from './start-learner.ts'

/** Packets of one or several mappings that all have the same result. */
export interface GroupCell extends MemberPoint {
  /** All packets of the cell. */
  readonly area: Area
  /** The judgement of the one packet that was followed. */
  readonly judgement: Judgement
  /** Without this rule the followed packet would be served, as the packets around it are. */
  readonly servedWithout?: NetfilterRule
}

/** A row cut into cells. */
export interface ExploredRow {
  readonly row: GroupRow
  readonly cells: readonly GroupCell[]
  /** All packets of the row were seen. */
  readonly isWhole: boolean
  /** No packet of the row was looked at: other rows used up the budget of the search. */
  readonly isUnseen?: true
  /** Reasons why packets that seem to be served may stand for others that are not. */
  readonly doubts: ReadonlySet<Doubt>
  /** Only for a row of many members that was cut: the cells found when the row of one member would have been cut. */
  readonly asOne?: Pick<ExploredRow, 'cells' | 'doubts'>
  /** The row was cut, and the row of each member would be cut after the same cells. */
  readonly isOfEach?: true
}

/**
 * - `computed`: a rule computes with the bits of an address or port.
 * - `courses`: the rules leave more possible courses open than are followed.
 */
export type Doubt = 'computed' | 'courses'

/** The most kinds of packets told apart in one row of a mapping or a network. A network's row is reported only once. */
export const mostCells = { mapping: 512, network: 256 } as const

/** In a row of many mappings, each further mapping adds so many. */
const mostCellsMore = 8

/**
 * A packet that depends on thousands of rules takes as long to follow as many others. In the row of a network, it
 * counts as `count` packets once it has more than `conditions` conditions.
 */
export const heavy = { conditions: 512, count: 64 } as const

const nothing: ReadonlySet<object> = new Set()

/**
 * Cuts the packets of a row into cells, so that all packets of a cell have exactly the same result. One packet is
 * followed. The questions that rules, routes and sets asked about it tell which other packets go the same way. Then a
 * packet of the rest is followed, until none is left.
 *
 * @param skipsForeign - skip foreign chains that can only pass or stop packets (see `Learner`)
 */
export const explore = (follower: Follower, row: GroupRow, skipsForeign = false): ExploredRow => {
  const { first, count } = row
  const mostOfOne = mostCells[first.mapping === null ? 'network' : 'mapping']
  const most = mostOfOne + mostCellsMore * (count - 1)
  const cells: GroupCell[] = []
  const doubts = new Set<Doubt>()
  let effort = 0
  let asOne: ExploredRow['asOne']
  /** For an area that a single rule cuts out of served packets: all areas that were cut out of the same packets. */
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

/** The only rule that separates a packet from those around it: without that rule, the packet goes their way. */
const onlyRuleAt = (holes: readonly Block[] | undefined, at: MemberPoint): NetfilterRule | undefined => {
  if (holes === undefined) return undefined
  const [first, ...others] = holesAt(holes, at)
  return others.every(({ rule }) => rule === first?.rule) ? first?.rule : undefined
}

/** Whether an area holds packets that make the best example. These are followed first. */
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

/** With at most so many destination addresses, each address is followed on its own. */
const FEW_ADDRESSES = 32

/**
 * If something was computed from a packet, its result is not taken for the area's other destination addresses. Each of
 * them is asked on its own, if they are few.
 */
const ofOneAddress = ({ region: { daddr } }: Area, { point }: MemberPoint): readonly Condition[] =>
  hasFewValues(daddr, FEW_ADDRESSES) ? [exactly('daddr', point.daddr)] : []

const doubt = (judgement: Judgement): Judgement =>
  judgement.kind === 'kept' ? judgement : { ...judgement, certainty: 'possible' }

/** Judges one packet of a row. */
export const followPoint = (follower: Follower, row: Row, point: Point): Judgement =>
  judge(row, followFirst(follower, row, point, null), point, follower.host)

/** Judges one packet as if some rules were absent. */
export const followWithout = (
  follower: Follower,
  row: Row,
  point: Point,
  ignored: ReadonlySet<object>,
  { isThorough = false }: Partial<Pick<Learner, 'isThorough'>> = {},
): Judgement =>
  judge(row, followFirst(follower, row, point, startLearner({ ignored, isThorough })), point, follower.host)

/** The judgement of a packet, with the learner that tells which other packets it holds for. */
export interface FollowedForOthers {
  readonly judgement: Judgement
  readonly learner: Learner
}

/** Judges one packet as if some rules were absent, and tells for which other packets the judgement holds. */
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

/** One traced packet: every rule it met, and the learner that tells which mappings of the network share its way. */
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

/** The values by which the mapping of a packet is known. */
const valuesOfMember = ({ values }: GroupRow, member: number): Map<FreeField, number | bigint> => {
  const known = new Map<FreeField, number | bigint>()
  for (const field of memberFields) {
    const value = values.of[field]?.[member]
    if (value !== undefined) known.set(field, value)
  }
  return known
}

/** The fields of a mapping that may give a packet's address or port its value. */
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
  // If only one mapping is left, the packet speaks for no other mapping.
  const values = isSingleValue(members) ? new Map<FreeField, number | bigint>() : valuesOfMember(row, member)
  const speaksForOthers = values.size > 0
  const origins: Record<PacketField, FreeField | null> = { ...noOrigins }
  for (const field of freeFields) {
    if (!row.open.includes(field)) {
      origins[field] = membersOf[field].find((one) => values.get(one) === point[field]) ?? null
      continue
    }
    // A source that the kernel chooses follows from the destination.
    if (field === 'saddr' && row.first.choosesSource) continue
    if (isSingleValue(region[field])) continue
    origins[field] = field
    values.set(field, point[field])
  }
  const { bounds, leadsTo, alike } = row
  return startLearner({
    origins,
    values,
    region: bounds,
    speaksForOthers,
    leadsTo,
    alike: isThorough ? null : alike,
    skipsForeign,
    isThorough,
    ignored,
  })
}
