import type { Follower, TraceStep } from '@portolan/netfilter/analysis'
import type { MemberPoint } from './area.ts'
import { blameFor } from './blame-bypass.ts'
import type { ExploredRow } from './explore.ts'
import type { Finding } from './finding.ts'
import { type FollowMembers, followEach } from './follow-members.ts'
import { stepOf } from './foreign-step.ts'
import { movePoint } from './member-cells.ts'
import type { Row } from './row.ts'

/**
 * The same finding of another mapping or network, whose packets fare alike; null where they do not after all. A packet
 * that another was followed for is followed, so that its way is told and no other's.
 *
 * @param to - the other one, by its number; null: the finding's own
 */
export type Settle = (to: number | null) => Finding | null

/**
 * @param rows - the explored rows of the group
 * @param from - the mapping or network that the finding is of, by its number
 */
export const settlerOf = (
  follower: Follower,
  follow: FollowMembers,
  finding: Finding,
  rows: readonly ExploredRow[],
  from: number,
): Settle => {
  const { behind } = finding
  const own = finding.rows.flatMap((row) => rows.find((one) => one.row.rowOf(from) === row)?.row ?? [])
  const [first] = own
  const settle = (row: Row, rowsOf: Finding['rows'], at: MemberPoint): Finding | null => {
    const { point } = at
    const judgement =
      first === undefined ? followEach(follower, behind)(row, point) : follow(first, behind)(at, row)
    if (judgement.kind === 'kept') return null
    // Its own addresses may have the kernel take another way for it.
    if (judgement.certainty === 'possible' && finding.judgement.certainty === 'certain') return null
    const found = blameFor(follower, row, point, judgement, behind)
    if (found === null) return null
    const { mapping, network } = row
    // One copy: thousands are made.
    return {
      ...finding,
      mapping,
      network,
      rows: rowsOf,
      point,
      judgement,
      step: found.step,
      isBorrowed: false,
    }
  }
  return (to) => {
    const moved = to === null ? finding.rows : own.flatMap((row) => row.rowOf(to) ?? [])
    const [row] = moved
    if (row === undefined) return finding
    if (to !== null && first !== undefined)
      return settle(row, moved, { member: to, point: movePoint(first, finding.point, to) })
    const at: MemberPoint = { member: from, point: finding.point }
    if (finding.isBorrowed) return settle(row, moved, at)
    return mayBePassedOver(finding) ? (settle(row, moved, at) ?? finding) : finding
  }
}

/**
 * A search passes over rules that let packets pass, so that the policy of their chain seems to do it. To be told is the
 * rule.
 */
const mayBePassedOver = ({ judgement }: Finding): boolean =>
  stepOf(judgement.conclusion.end.world.trace, isByPolicy) !== null

const isByPolicy = ({ rule, chain, deed }: TraceStep): boolean =>
  rule === null && chain !== null && deed.kind === 'accept' && chain.rules.length > 0
