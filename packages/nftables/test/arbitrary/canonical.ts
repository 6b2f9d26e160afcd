import type { Ruleset } from '../../src/index.ts'
import { identity } from '../../src/model/index.ts'

/**
 * A ruleset without what the kernel decides: handles, and the order in which sets, chains and elements are listed. The
 * order of rules stays.
 */
export const canonical = (ruleset: Ruleset): Ruleset => ({
  ...ruleset,
  tables: ruleset.tables.map((table) => ({
    ...table,
    handle: null,
    sets: table.sets
      .map((set) => ({
        ...set,
        handle: null,
        elements: set.elements.toSorted((a, b) => (identity(a.key) < identity(b.key) ? -1 : 1)),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    chains: table.chains
      .map((chain) => ({
        ...chain,
        handle: null,
        rules: chain.rules.map((rule) => ({ ...rule, handle: null })),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  })),
})

/** The ruleset without comments of sets. nft 1.1.3 prints them as JSON, but does not read them from it. */
export const withoutSetComments = (ruleset: Ruleset): Ruleset => ({
  ...ruleset,
  tables: ruleset.tables.map((table) => ({
    ...table,
    sets: table.sets.map((set) => ({ ...set, comment: null })),
  })),
})
