import type { Follower } from '@portolan/netfilter/analysis'
import type { ExploredRow } from '../follow/explore.ts'
import { followMembers } from '../members/follow-members.ts'
import {
  type Cell,
  cellsAt,
  type EquivalentMembers,
  type Explored,
  findEquivalentMembers,
} from '../members/member-cells.ts'
import type { Finding } from './finding.ts'
import { findingForMembers } from './finding-for-member.ts'
import { findingsByCulprit } from './findings-by-culprit.ts'

/** Tells which failures leave a whole row undelivered, for the mappings or networks with these cells. */
export type FindDead = (explored: readonly Explored[], member: number) => (cell: Cell) => boolean

/** Mappings or networks that were explored together, and how to report each finding. */
export interface GroupToTell<Report> {
  readonly rows: readonly ExploredRow[]
  readonly count: number
  readonly findDead: FindDead
  /** Members of different kinds are not reported together. */
  readonly kindOf?: (member: number) => unknown
  /**
   * Turns a finding into a report; null: it is not reported. Called at once, because a finding holds the whole trace of
   * its packet.
   */
  readonly tell: (finding: Finding) => Report | null
}

/**
 * The reports for each mapping or network of a group, by its number.
 *
 * @returns null when a packet of one member has another result than that of another: the members must be explored
 *   singly
 */
export const tellGroup = <Report>(
  follower: Follower,
  { rows, count, findDead, kindOf = () => null, tell }: GroupToTell<Report>,
): readonly (readonly Report[])[] | null => {
  const follow = followMembers(follower)
  const found = Array.from({ length: count }, (): readonly Report[] => none)
  for (const { members, cells } of findEquivalentMembers(follower, rows, count))
    for (const [first, ...others] of ofOneKind(members, kindOf)) {
      const explored = cellsAt(follower, rows, first, cells)
      const findings = findingsByCulprit(explored, findDead(explored, first))
      if (findings.length === 0) continue
      const findingsOf = findings.map((finding) => findingForMembers(follower, follow, finding, rows, first))
      for (const member of [first, ...others]) {
        const own: Report[] = []
        for (const findingOf of findingsOf) {
          const finding = findingOf(member === first ? null : member)
          if (finding === null) return null
          const report = tell(finding)
          if (report !== null) own.push(report)
        }
        found[member] = own
      }
    }
  return found
}

const none: readonly never[] = []

const ofOneKind = (
  members: EquivalentMembers['members'],
  kindOf: (member: number) => unknown,
): readonly EquivalentMembers['members'][] => {
  const kinds = new Map<unknown, [number, ...number[]]>()
  for (const member of members) {
    const known = kinds.get(kindOf(member))
    if (known === undefined) kinds.set(kindOf(member), [member])
    else known.push(member)
  }
  return [...kinds.values()]
}
