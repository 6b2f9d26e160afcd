import type { NetfilterChain, NetfilterRule } from '@portolan/netfilter'
import type { Follower, TraceStep } from '@portolan/netfilter/analysis'
import {
  countWith,
  emptyRanges,
  hasValue,
  isEmptySet,
  isMemberField,
  isOfMember,
  isSingleValue,
  type Learner,
  type RangeSet,
  singleValue,
} from '@portolan/netfilter/analysis'
import { type FollowedForOthers, followForOthers, followWithout, type GroupCell } from '../follow/explore.ts'
import { isOurs } from '../follow/is-ours.ts'
import type { Failed, Judgement } from '../follow/judge.ts'
import type { GroupRow } from '../group/mapping-group.ts'
import {
  type Area,
  type MemberPoint,
  meetRegions,
  narrowArea,
  numbersBelow,
  regionsOf,
} from '../region/area.ts'
import { isEmptyRegion, meet, type Region, without } from '../region/region.ts'
import type { Blame } from './blame.ts'
import { blameFor } from './blame-bypass.ts'

/** A culprit that stops a packet when others in front of it are treated as absent. */
export interface Blamed extends Blame {
  readonly certainty: 'certain' | 'possible'
  readonly judgement: Failed
  readonly behind: ReadonlySet<object>
  /** How many more rules do the same to other packets. */
  readonly others: number
}

/** The culprits that stop a packet, in order: each would stop it if those before it were absent. */
export interface Trail {
  readonly blamed: readonly Blamed[]
  /** Whether the trail is the same for another mapping of the group, with packets that have the same result so far. */
  readonly holdsFor: (member: number) => boolean
  /** How many of the culprits stop all packets that a mapping has in the cell, not only the one that was followed. */
  readonly countOfAll: (member: number) => number
}

/** The most culprits to look for: behind one drop there may be another. */
const MOST_IN_A_ROW = 8

const trails = new WeakMap<GroupCell, Trail>()

const noTrail: Trail = { blamed: [], holdsFor: () => true, countOfAll: () => 0 }

/** The trail of a cell, which is followed once. */
export const trailOf = (follower: Follower, row: GroupRow, cell: GroupCell): Trail => {
  const known = trails.get(cell)
  if (known !== undefined) return known
  const made =
    cell.judgement.kind === 'kept'
      ? noTrail
      : followTrail(follower, row, cell.area, cell, cell.judgement, cell.servedWithout)
  trails.set(cell, made)
  return made
}

/**
 * Treats the rule that stops a packet as absent, and finds the rule that stops it then, and so on.
 *
 * @param servedWithout - a rule without which the packet is known to be served
 */
export const followTrail = (
  follower: Follower,
  row: GroupRow,
  area: Area,
  at: MemberPoint,
  judgement: Failed,
  servedWithout?: NetfilterRule,
): Trail => {
  const own = row.rowOf(at.member) ?? row.first
  const blamed: Blamed[] = []
  const learners: Learner[] = []
  const ignored = new Set<object>()
  const isOfOne = isSingleValue(area.members)
  let current: Judgement = judgement
  while (current.kind === 'failed' && blamed.length < MOST_IN_A_ROW) {
    const { certainty } = current
    const found = blameFor(follower, own, at.point, current, ignored)
    if (found === null) break
    const { kind, step } = found
    blamed.push({
      kind,
      step,
      certainty: judgement.certainty === 'certain' ? certainty : 'possible',
      judgement: current,
      behind: new Set(ignored),
      others: step === null ? 0 : countAlike(step),
    })
    const cause = step?.rule ?? step?.chain ?? null
    if (step === null || cause === null || ignored.has(cause) || isOurs(step)) break
    ignored.add(cause)
    // With only one mapping, the packet stands for no others. So what the last, served packet depended on is not
    // needed.
    if (isOfOne && ignored.size === 1 && cause === servedWithout) break
    if (isOfOne && followWithout(follower, own, at.point, ignored).kind === 'kept') break
    const { learner, ...next }: FollowedForOthers = followForOthers(follower, row, area, at, ignored)
    current = next.judgement
    learners.push(learner)
  }
  let same: RangeSet | null = null
  return {
    blamed,
    holdsFor: (member) => {
      if (member === at.member) return true
      same ??= membersAlike(row, at, learners)
      return hasValue(same, member)
    },
    countOfAll: countOfAll(row, area, blamed, learners),
  }
}

/**
 * Counts the culprits that stop all packets of a cell. The first does, or there would be no cell. Those behind it do
 * while all packets go the same way. A packet that a random match spares, and that is delivered, does not meet the
 * culprits behind.
 */
const countOfAll = (
  { packetsOf, values: { membersWith } }: GroupRow,
  area: Area,
  blamed: readonly Blamed[],
  learners: readonly Learner[],
): Trail['countOfAll'] => {
  const sparing = blamed.findIndex(({ judgement: { share } }) => share === 'some')
  const most = sparing < 0 ? blamed.length : sparing + 1
  const same = learners.map(({ conditions, exclusions, blurred }) =>
    blurred ? null : narrowArea(area, conditions, exclusions, membersWith).area,
  )
  return (member) => {
    const own = packetsOf(member).region
    const end = same.findIndex(
      (one) =>
        one === null ||
        !regionsOf(area, member, own).every((part) => isCovered(part, regionsOf(one, member, own))),
    )
    return Math.min(most, 1 + (end < 0 ? same.length : end))
  }
}

const isCovered = (part: Region, by: readonly Region[]): boolean =>
  by
    .reduce<readonly Region[]>(
      (left, one) =>
        left.flatMap((region) => {
          const taken = meetRegions(region, one)
          return isEmptyRegion(taken) ? [region] : without(region, taken)
        }),
      [part],
    )
    .every(isEmptyRegion)

/** The mappings with a packet that would have gone the same way. */
export const membersAlike = (
  { count, values: { membersWith } }: GroupRow,
  { member, point }: MemberPoint,
  learners: readonly Learner[],
): RangeSet => {
  if (learners.some(({ blurred }) => blurred)) return singleValue(member)
  let left = numbersBelow(count)
  for (const { conditions, exclusions } of learners) {
    for (const one of conditions) if (isOfMember(one)) left = meet(left, membersWith(one), true)
    for (const { all } of exclusions) {
      let kept = left
      for (const one of all) {
        const { field, set, inside } = one
        if (isMemberField(field)) kept = meet(kept, membersWith(one), true)
        else if (hasValue(set, point[field]) !== inside) kept = emptyRanges
        if (isEmptySet(kept)) break
      }
      if (!isEmptySet(kept)) left = meet(left, kept, false)
    }
  }
  return left
}

const alike = new WeakMap<NetfilterChain, Map<NetfilterRule, number>>()

/** The fewest rules that count as a list of bans. */
const FEW = 4

/** How many more rules of its list of bans are in the chain, even if other rules are in between. */
const countAlike = ({ chain, rule }: TraceStep): number => {
  if (chain === null || rule === null) return 0
  const counts = alike.get(chain) ?? new Map<NetfilterRule, number>()
  alike.set(chain, counts)
  const known = counts.get(rule)
  if (known !== undefined) return known
  const all = countWith(chain.rules, chain.rules.indexOf(rule))
  const count = all < FEW ? 0 : all - 1
  counts.set(rule, count)
  return count
}
