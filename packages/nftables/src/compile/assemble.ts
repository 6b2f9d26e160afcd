import type { Chain, Element, Rule, Ruleset, Table } from '../model/index.ts'
import { emptyRuleset } from '../model/index.ts'
import { exempt } from './maps/exemption.ts'
import { openInside } from './maps/inside.ts'
import { withJoinedBridges } from './maps/joined-bridges.ts'
import { skeletonSets } from './maps/skeleton-sets.ts'
import { tableFamily, tableName } from './ours.ts'
import { isEmptyParts, type Parts } from './parts.ts'
import { skeletonChains } from './skeleton-chains.ts'

/** One order however the projects came, so that a project planned again finds nothing to do. */
const inOrder = (rules: readonly Rule[]): readonly Rule[] =>
  rules.toSorted((a, b) => ((a.comment ?? '') < (b.comment ?? '') ? -1 : 1))

const withOwnRules = (chains: readonly Chain[], parts: Parts): readonly Chain[] =>
  chains.map((found) => {
    const own = parts.rules.get(found.name)
    return own === undefined ? found : { ...found, rules: [...found.rules, ...inOrder(own)] }
  })

/**
 * Our whole table, made from what projects own. What no project needs is not there: a host without
 * `allow_from` pays nothing for it, and a reader has less to read.
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
        // What a project adds there is the guard of forwarding, which drops packets of flows that have begun.
        skeletonChains((name) => names.has(name), parts.rules.has('forward')),
        parts,
      ),
      ...parts.chains,
    ],
    opaque: [],
  }
  return { tables: [table], opaque: [] }
}
