import type { Follower } from '../../evaluate/follow.ts'
import type { NetfilterRuleset } from '../../netfilter/index.ts'
import { type ExploredRow, explore } from './explore.ts'
import type { GroupRow } from './mapping-group.ts'
import { seekCulprits } from './seek-culprits.ts'
import { type Suspect, suspectsOf } from './suspects.ts'

/** Cuts a row into cells; of the row of one mapping or network that is too much, it looks for culprits in the rest. */
export type Seek = (row: GroupRow) => ExploredRow

export const seekerOf = (follower: Follower, rulesets: readonly NetfilterRuleset[]): Seek => {
  const known = new Map<string, readonly Suspect[]>()
  return (row) => {
    const explored = explore(follower, row)
    const { first: only, count } = row
    if (explored.isWhole || count > 1) return explored
    const suspects = known.get(only.family) ?? suspectsOf(rulesets, only.family)
    known.set(only.family, suspects)
    const found = seekCulprits(follower, only, explored.cells, suspects)
    return { ...explored, cells: [...explored.cells, ...found] }
  }
}
