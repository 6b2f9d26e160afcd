import type { Follower } from '../../evaluate/follow.ts'
import { blame } from './blame.ts'
import { followPoint, followWithout } from './explore.ts'
import type { ExploredGroup } from './explore-mappings.ts'
import type { Finding } from './finding.ts'
import { gather } from './gather.ts'
import { cellsAt, findLikes, movePoint } from './member-cells.ts'
import { findDeadAddresses } from './severity.ts'
import type { Surroundings } from './surroundings.ts'

/** What was found of each mapping of a group, by its number. */
export const findingsOfGroup = (
  follower: Follower,
  { members, rows }: ExploredGroup,
  around: Surroundings,
): readonly (readonly Finding[])[] => {
  const found = members.map((): readonly Finding[] => [])
  for (const { members: likes, cells } of findLikes(follower, rows, members.length)) {
    const [first, ...others] = likes
    const explored = cellsAt(follower, rows, first, cells)
    const findings = gather(explored, findDeadAddresses(explored, around))
    found[first] = findings.map((finding) => settle(follower, finding))
    for (const other of others)
      found[other] = findings.map((finding) => settle(follower, lend(finding, rows, first, other)))
  }
  return found
}

/** The same finding of another mapping, whose packets fare alike. */
const lend = (finding: Finding, rows: ExploredGroup['rows'], from: number, to: number): Finding => {
  const own = finding.rows.flatMap((row) => rows.find((one) => one.row.rows[from] === row)?.row ?? [])
  const [first] = own
  const [mapping] = own.map((row) => row.rows[to]?.mapping ?? null)
  if (first === undefined || mapping === undefined) return finding
  const point = movePoint(first, finding.point, to)
  return { ...finding, mapping, rows: own.flatMap((row) => row.rows[to] ?? []), point, isBorrowed: true }
}

/** Follows the packet of a mapping for which another was followed, so that its way is told and no other's. */
const settle = (follower: Follower, finding: Finding): Finding => {
  const { rows, point, behind, isBorrowed, mapping } = finding
  const [row] = rows
  if (!isBorrowed || row === undefined) return finding
  const judgement =
    behind.size === 0 ? followPoint(follower, row, point) : followWithout(follower, row, point, behind)
  if (judgement.kind === 'kept') throw new Error(`${mapping?.label} does not fare as it should`)
  return { ...finding, judgement, step: blame(row, judgement).step, isBorrowed: false }
}
