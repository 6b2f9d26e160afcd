import type { Follower } from '@portolan/netfilter/analysis'
import type { DesiredNetwork } from '../../../contract/index.ts'
import { followPoint, followWithout } from '../follow/explore.ts'
import type { Judgement } from '../follow/judge.ts'
import type { GroupRow } from '../group/mapping-group.ts'
import type { MemberPoint } from '../region/area.ts'
import type { Point } from '../region/region.ts'
import type { Row } from '../rows/row.ts'
import { findSharedWay, type SharedWay } from './shared-way.ts'

/**
 * Judges a packet of a row as each mapping or network of the group has it, with some rules treated as absent. Two sets
 * of rules are the same only if they are one object.
 */
export type FollowMembers = (
  group: GroupRow,
  behind: ReadonlySet<object>,
) => (at: MemberPoint, row: Row) => Judgement

/**
 * With fewer mappings in a network than this, each packet is followed on its own. A thorough run that finds a shared
 * way takes as long as several ordinary runs.
 */
const FEW = 6

/** After so many runs in a row that found no way shared with an earlier mapping, each packet is followed on its own. */
const MOST_IN_VAIN = 4

/** The shared ways found so far for the packets of one row. */
interface Known {
  readonly ways: Map<DesiredNetwork, SharedWay[]>
  inVain: number
}

/**
 * Follows the packets of mappings that have the same result. Most mappings of a network go one way, rule by rule, so it
 * is followed only for the first of them.
 */
export const followMembers = (follower: Follower): FollowMembers => {
  const known = new Map<GroupRow, Map<ReadonlySet<object> | null, Known>>()
  const knownOf = (group: GroupRow, behind: ReadonlySet<object>): Known => {
    const ofRow = known.get(group) ?? new Map<ReadonlySet<object> | null, Known>()
    known.set(group, ofRow)
    const key = behind.size === 0 ? null : behind
    const found = ofRow.get(key) ?? { ways: new Map(), inVain: 0 }
    ofRow.set(key, found)
    return found
  }
  return (group, behind) => {
    const each = followEach(follower, behind)
    if (isOfFew(group)) return ({ point }, row) => each(row, point)
    const before = knownOf(group, behind)
    return (at, row) => {
      const ways = before.ways.get(row.network) ?? []
      for (const way of ways) {
        const judgement = way.judgementOf(at, row)
        if (judgement === null) continue
        before.inVain = 0
        return judgement
      }
      if (before.inVain >= MOST_IN_VAIN) return each(row, at.point)
      before.inVain += 1
      const way = findSharedWay(follower, group, at, behind)
      if (!way.isOfOne) before.ways.set(row.network, [...ways, way])
      return way.judgement
    }
  }
}

const isOfFew = ({ count, alike, first }: GroupRow): boolean =>
  first.mapping === null || count < FEW * (alike?.subnets.length ?? 1)

/** Follows each packet on its own. Only the rules of `behind` are treated as absent. */
export const followEach =
  (follower: Follower, behind: ReadonlySet<object>): ((row: Row, point: Point) => Judgement) =>
  (row, point) =>
    behind.size === 0
      ? followPoint(follower, row, point)
      : followWithout(follower, row, point, behind, { isThorough: true })
