import type { Follower } from '../../evaluate/follow.ts'
import { blame } from './blame.ts'
import { followPoint, followWithout } from './explore.ts'
import type { ExploredGroup } from './explore-mappings.ts'
import type { Finding } from './finding.ts'
import { gather } from './gather.ts'
import { cellsAt, findLikes, movePoint } from './member-cells.ts'
import { findDeadAddresses } from './severity.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * What was found of each mapping of a group, by its number.
 *
 * @returns null when a packet of one does not fare as that of another did: they are to be looked at one by one
 */
export const findingsOfGroup = (
  follower: Follower,
  { members, rows }: ExploredGroup,
  around: Surroundings,
): readonly (readonly Finding[])[] | null => {
  const found = members.map((): readonly Finding[] => [])
  for (const { members: likes, cells } of findLikes(follower, rows, members.length)) {
    const [first, ...others] = likes
    const explored = cellsAt(follower, rows, first, cells)
    const findings = gather(explored, findDeadAddresses(explored, around))
    for (const member of [first, ...others]) {
      const own: Finding[] = []
      for (const finding of findings) {
        const lent = member === first ? finding : lend(finding, rows, first, member)
        const settled = settle(follower, lent)
        if (settled === null) return null
        own.push(settled)
      }
      found[member] = own
    }
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
const settle = (follower: Follower, finding: Finding): Finding | null => {
  const { rows, point, behind, isBorrowed } = finding
  const [row] = rows
  if (!isBorrowed || row === undefined) return finding
  const judgement =
    behind.size === 0 ? followPoint(follower, row, point) : followWithout(follower, row, point, behind)
  if (judgement.kind === 'kept') return null
  return { ...finding, judgement, step: blame(row, judgement).step, isBorrowed: false }
}
