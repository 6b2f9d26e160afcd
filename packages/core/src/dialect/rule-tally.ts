/**
 * How many of each kind of thing a change is about.
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
 * What a change comes to, counted: for a text that is too short for the rules themselves.
 * @public @since 0.1.0
 */
export interface RuleTally {
  /** The table as the dialect's program names it, without the family where both have it: `inet portolan`, `nat`. */
  readonly table: string
  readonly added: RuleCount
  /** What stays, in another place or with another meaning. */
  readonly changed: RuleCount
  readonly removed: RuleCount
}

/**
 * A tally of what is counted of a table, and of nothing else.
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
 * A count of some things and none of all others.
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
