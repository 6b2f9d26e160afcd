import type { Follower, TraceStep } from '@portolan/netfilter/analysis'
import { blameFor } from '../blame/blame-bypass.ts'
import type { ExploredRow } from '../follow/explore.ts'
import { stepOf } from '../follow/foreign-step.ts'
import { type FollowMembers, followEach } from '../members/follow-members.ts'
import { movePoint } from '../members/member-cells.ts'
import type { MemberPoint } from '../region/area.ts'
import type { Row } from '../rows/row.ts'
import type { Finding } from './finding.ts'

/**
 * The finding for another mapping or network of its group; null: that one has another result after all. If the packet
 * was followed for another member, it is followed again, so that the trace is its own.
 *
 * @param to - the number of the other mapping or network; null: the finding's own
 */
export type FindingForMember = (to: number | null) => Finding | null

/**
 * @param rows - the explored rows of the group
 * @param from - the number of the mapping or network that the finding belongs to
 */
export const findingForMembers = (
  follower: Follower,
  follow: FollowMembers,
  finding: Finding,
  rows: readonly ExploredRow[],
  from: number,
): FindingForMember => {
  const { behind } = finding
  const own = finding.rows.flatMap((row) => rows.find((one) => one.row.rowOf(from) === row)?.row ?? [])
  const [first] = own
  const followAgain = (row: Row, rowsOf: Finding['rows'], at: MemberPoint): Finding | null => {
    const { point } = at
    const judgement =
      first === undefined ? followEach(follower, behind)(row, point) : follow(first, behind)(at, row)
    if (judgement.kind === 'kept') return null
    // With its own addresses, the kernel may treat the packet in another way.
    if (judgement.certainty === 'possible' && finding.judgement.certainty === 'certain') return null
    const found = blameFor(follower, row, point, judgement, behind)
    if (found === null) return null
    const { mapping, network } = row
    // A single copy, because thousands are made.
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
      return followAgain(row, moved, { member: to, point: movePoint(first, finding.point, to) })
    const at: MemberPoint = { member: from, point: finding.point }
    if (finding.isBorrowed) return followAgain(row, moved, at)
    return mayBePassedOver(finding) ? (followAgain(row, moved, at) ?? finding) : finding
  }
}

/**
 * Whether an accept by policy may hide a rule. A search skips rules that let packets pass, so the policy of their chain
 * seems to accept the packet. The report must name the rule.
 */
const mayBePassedOver = ({ judgement }: Finding): boolean =>
  stepOf(judgement.conclusion.end.world.trace, isByPolicy) !== null

const isByPolicy = ({ rule, chain, deed }: TraceStep): boolean =>
  rule === null && chain !== null && deed.kind === 'accept' && chain.rules.length > 0
