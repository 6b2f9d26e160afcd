/**
 * Numbers of rules, elements, chains and sets.
 * @public @since 0.1.0
 */
export interface RuleCount {
  readonly rules: number
  /** Elements of sets and maps. */
  readonly elements: number
  readonly chains: number
  /** Sets and maps. */
  readonly sets: number
}

/**
 * Counts of what a change adds, changes and removes, for a text too short to show the rules themselves.
 * @public @since 0.1.0
 */
export interface RuleTally {
  /** The table as the dialect's program names it: `inet portolan`, or `nat` where both families have it. */
  readonly table: string
  readonly added: RuleCount
  /** Things that stay, in another place or with another meaning. */
  readonly changed: RuleCount
  readonly removed: RuleCount
}

/**
 * A tally of one table with the given counts, and zero for everything else.
 * @example
 * tallyOf('nat', { added: countOf({ rules: 1 }) }).removed // { rules: 0, elements: 0, chains: 0, sets: 0 }
 * @public @since 0.1.0
 */
export const tallyOf = (table: string, counted: Partial<Omit<RuleTally, 'table'>>): RuleTally => ({
  table,
  added: countOf(),
  changed: countOf(),
  removed: countOf(),
  ...counted,
})

/**
 * A count with the given numbers, and zero for everything else.
 * @example
 * countOf({ rules: 2 }) // { rules: 2, elements: 0, chains: 0, sets: 0 }
 * @public @since 0.1.0
 */
export const countOf = (some: Partial<RuleCount> = {}): RuleCount => ({
  rules: 0,
  elements: 0,
  chains: 0,
  sets: 0,
  ...some,
})
