import type { Follower } from '@portolan/netfilter/analysis'
import { blameFor } from './blame-bypass.ts'
import { type ExploredRow, followPoint, followWithout } from './explore.ts'
import type { Finding } from './finding.ts'
import { findingsByCulprit } from './findings-by-culprit.ts'
import type { GroupRow } from './mapping-group.ts'
import { type Cell, cellsAt, type Explored, findLikes, type Likes, movePoint } from './member-cells.ts'

/** Says which failures leave a whole row undelivered, of the mappings or networks with these cells. */
export type FindDead = (explored: readonly Explored[], member: number) => (cell: Cell) => boolean

/** Mappings or networks that were explored together, and what is to be made of each finding. */
export interface GroupToTell<Told> {
  readonly rows: readonly ExploredRow[]
  readonly count: number
  readonly findDead: FindDead
  /** Members of two kinds are not spoken for together. */
  readonly kindOf?: (member: number) => unknown
  /** Null: nothing is told of it. Called at once, since a finding has the whole way of its packet. */
  readonly tell: (finding: Finding) => Told | null
}

/**
 * What is told of each mapping or network of a group, by its number.
 *
 * @returns null when a packet of one does not fare as that of another did: they are to be looked at one by one
 */
export const tellGroup = <Told>(
  follower: Follower,
  { rows, count, findDead, kindOf = () => null, tell }: GroupToTell<Told>,
): readonly (readonly Told[])[] | null => {
  const found = Array.from({ length: count }, (): readonly Told[] => none)
  for (const { members, cells } of findLikes(follower, rows, count))
    for (const [first, ...others] of ofOneKind(members, kindOf)) {
      const explored = cellsAt(follower, rows, first, cells)
      const findings = findingsByCulprit(explored, findDead(explored, first))
      if (findings.length === 0) continue
      const lenders = findings.map((finding) => lenderOf(finding, rows, first))
      for (const member of [first, ...others]) {
        const own: Told[] = []
        for (const lender of lenders) {
          const settled = settle(follower, lender, member === first ? null : member)
          if (settled === null) return null
          const told = tell(settled)
          if (told !== null) own.push(told)
        }
        found[member] = own
      }
    }
  return found
}

const none: readonly never[] = []

const ofOneKind = (
  members: Likes['members'],
  kindOf: (member: number) => unknown,
): readonly Likes['members'][] => {
  const kinds = new Map<unknown, [number, ...number[]]>()
  for (const member of members) {
    const known = kinds.get(kindOf(member))
    if (known === undefined) kinds.set(kindOf(member), [member])
    else known.push(member)
  }
  return [...kinds.values()]
}

/** What was found of one mapping or network, and the rows of the group that its rows are of. */
interface Lender {
  readonly finding: Finding
  readonly rows: readonly GroupRow[]
}

const lenderOf = (finding: Finding, rows: readonly ExploredRow[], from: number): Lender => ({
  finding,
  rows: finding.rows.flatMap((row) => rows.find((one) => one.row.rowOf(from) === row)?.row ?? []),
})

/**
 * The same finding of another mapping or network, whose packets fare alike. A packet that another was followed for is
 * followed, so that its way is told and no other's.
 *
 * @param to - the other one; null: the finding's own
 */
const settle = (follower: Follower, { finding, rows: own }: Lender, to: number | null): Finding | null => {
  const [first] = own
  const moved = to === null ? finding.rows : own.flatMap((row) => row.rowOf(to) ?? [])
  const [row] = moved
  if (row === undefined || (to === null && !finding.isBorrowed)) return finding
  const { behind } = finding
  const point = to === null || first === undefined ? finding.point : movePoint(first, finding.point, to)
  const judgement =
    behind.size === 0 ? followPoint(follower, row, point) : followWithout(follower, row, point, behind)
  if (judgement.kind === 'kept') return null
  // Its own addresses may have the kernel take another way for it.
  if (judgement.certainty === 'possible' && finding.judgement.certainty === 'certain') return null
  const found = blameFor(follower, row, point, judgement, behind)
  if (found === null) return null
  const { mapping, network } = row
  // One copy: thousands are made.
  return { ...finding, mapping, network, rows: moved, point, judgement, step: found.step, isBorrowed: false }
}
