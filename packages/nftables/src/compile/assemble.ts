import type { Chain, Element, Rule, Ruleset, Table } from '../model/index.ts'
import { emptyRuleset } from '../model/index.ts'
import { exempt } from './maps/exemption.ts'
import { openInside } from './maps/inside.ts'
import { withJoinedBridges } from './maps/joined-bridges.ts'
import { skeletonSets } from './maps/skeleton-sets.ts'
import { tableFamily, tableName } from './ours.ts'
import { isEmptyParts, type Parts } from './parts.ts'
import { skeletonChains } from './skeleton-chains.ts'

/**
 * Sorts rules by their comment, so that the order does not depend on the order of the projects. A project that is
 * planned again then finds nothing to do.
 */
const inOrder = (rules: readonly Rule[]): readonly Rule[] =>
  rules.toSorted((a, b) => ((a.comment ?? '') < (b.comment ?? '') ? -1 : 1))

const withOwnRules = (chains: readonly Chain[], parts: Parts): readonly Chain[] =>
  chains.map((found) => {
    const own = parts.rules.get(found.name)
    return own === undefined ? found : { ...found, rules: [...found.rules, ...inOrder(own)] }
  })

/**
 * Builds our whole table from the parts of the projects. Chains and sets that no project needs are left out: a host
 * without `allow_from` has no rules for it at run time, and the listing is shorter.
 */
export const assemble = (parts: Parts): Ruleset => {
  if (isEmptyParts(parts)) return emptyRuleset
  const elements: ReadonlyMap<string, readonly Element[]> = withJoinedBridges(
    openInside(exempt(parts.elements)),
  )
  const sets = skeletonSets(elements)
  const names = new Set(sets.map(({ name }) => name))
  const table: Table = {
    family: tableFamily,
    name: tableName,
    handle: null,
    comment: 'Container networks and published ports, kept by portolan',
    flags: [],
    sets,
    chains: [
      ...withOwnRules(
        // The only rule that a project adds to the forward chain is its forwarding guard. The guard drops packets of
        // established flows too.
        skeletonChains((name) => names.has(name), parts.rules.has('forward')),
        parts,
      ),
      ...parts.chains,
    ],
    opaque: [],
  }
  return { tables: [table], opaque: [] }
}
