import type { DesiredNetwork } from '../contract/index.ts'
import type { Conflict } from './conflict.ts'
import { type IncompleteSearch, incompleteRows } from './incomplete-search.ts'
import type { Drafted } from './remedy/draft.ts'
import type { FoundFor, RuleSearch } from './rule-search.ts'
import { isGuardOfAnother } from './search/finding/guards-of-others.ts'
import { lowerReported, type ReportedCulprits } from './search/finding/reported-culprits.ts'
import { tellGroup } from './search/finding/tell-group.ts'
import { type ExploredNetworks, isLost, type servedNetworks } from './search/members/explore-networks.ts'

/** What is known of the mappings when the networks are told. */
interface TheirMappings {
  readonly served: ReturnType<typeof servedNetworks>
  readonly reported: ReportedCulprits
}

/** Finds which networks do not get what the contract promises them, whatever is published. */
export const findNetworkConflicts = (
  explored: readonly ExploredNetworks[],
  { served, reported }: TheirMappings,
  { desired, follower, inWords, drafts }: RuleSearch,
): FoundFor<DesiredNetwork> => {
  const conflicts = new Map<DesiredNetwork, readonly Conflict[]>()
  const incomplete = new Map<DesiredNetwork, readonly IncompleteSearch[]>()
  const tell = (together: ExploredNetworks): void => {
    const { networks, family, rows } = together
    const isServed = (at: number): boolean => served[family].has(networks[at] ?? networks[0])
    const own = new Map<Conflict, Drafted>()
    const told = tellGroup(follower, {
      rows,
      count: networks.length,
      findDead: (cells, at) => {
        const isDead = !isServed(at) && isLost(cells)
        return () => isDead
      },
      kindOf: isServed,
      tell: (finding) =>
        isGuardOfAnother(desired, finding) ? null : inWords(lowerReported(finding, reported), own),
    })
    if (told === null) {
      for (const one of together.apart()) tell(one)
      return
    }
    for (const [conflict, drafted] of own) drafts.set(conflict, drafted)
    for (const [at, network] of networks.entries()) {
      conflicts.set(network, [...(conflicts.get(network) ?? []), ...(told[at] ?? [])])
      incomplete.set(network, [...(incomplete.get(network) ?? []), ...incompleteRows(rows, at)])
    }
  }
  for (const together of explored) tell(together)
  return { conflicts, incomplete }
}
