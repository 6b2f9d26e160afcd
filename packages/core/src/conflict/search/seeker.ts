import type { NetfilterRuleset } from '@portolan/netfilter'
import type { Follower } from '@portolan/netfilter/analysis'
import { type ExploredRow, explore } from './explore.ts'
import type { GroupRow } from './mapping-group.ts'
import { seekCulprits } from './seek-culprits.ts'
import { type Suspect, suspectsOf } from './suspects.ts'

/** Cuts a row into cells; of the row of one mapping or network that is too much, it looks for culprits in the rest. */
export type Seek = (row: GroupRow) => ExploredRow

/** So many kinds of packets are told apart in all rows of a search. */
export const mostCellsOfAll = 200_000

/** Passes over the rows that come after so many kinds of packets: a search of many mappings ends, whatever the rules. */
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
  return withinBudget((row) => {
    const explored = explore(follower, row)
    const { first: only, count } = row
    if (explored.isWhole || count > 1) return explored
    const suspects = known.get(only.family) ?? suspectsOf(rulesets, only.family)
    known.set(only.family, suspects)
    const found = seekCulprits(follower, only, explored.cells, suspects)
    return { ...explored, cells: [...explored.cells, ...found] }
  })
}
