import type { NetfilterRuleset } from '@portolan/netfilter'
import type { Follower } from '@portolan/netfilter/analysis'
import { type ExploredRow, explore, type GroupCell } from '../follow/explore.ts'
import { seekCulprits } from '../follow/seek-culprits.ts'
import { type Suspect, suspectsOf } from '../follow/suspects.ts'
import type { GroupRow } from '../group/mapping-group.ts'
import type { Row } from '../rows/row.ts'
import { exploredOfEach } from './explored-of-each.ts'

/** Cuts a row into cells. If the row of one mapping or network is too large, culprits are sought in the rest of it. */
export type Seek = (row: GroupRow) => ExploredRow

/** The most kinds of packets that are told apart in all rows of a search. */
export const mostCellsOfAll = 200_000

/**
 * Skips all further rows after so many kinds of packets, so that a search of many mappings ends, whatever the rules.
 */
export const withinBudget = (seek: Seek, most: number = mostCellsOfAll): Seek => {
  let spent = 0
  return (row) => {
    if (spent >= most) return { row, cells: [], isWhole: false, isUnseen: true, doubts: new Set() }
    const explored = seek(row)
    spent += explored.cells.length
    return explored
  }
}

export const seekerOf = (follower: Follower, rulesets: readonly NetfilterRuleset[]): Seek => {
  const known = new Map<string, readonly Suspect[]>()
  const seekIn = (row: Row, cells: readonly GroupCell[]): readonly GroupCell[] => {
    const suspects = known.get(row.family) ?? suspectsOf(rulesets, row.family)
    known.set(row.family, suspects)
    return seekCulprits(follower, row, cells, suspects)
  }
  return withinBudget((row) => {
    const explored = explore(follower, row)
    const { first, count } = row
    if (explored.isWhole) return explored
    if (count > 1) return exploredOfEach(explored, seekIn) ?? explored
    return { ...explored, cells: [...explored.cells, ...seekIn(first, explored.cells)] }
  })
}
