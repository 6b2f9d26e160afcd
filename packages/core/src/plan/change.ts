/**
 * One step of a plan, as data. It says what it does to people (`description`), what the object was and will be,
 * and how to take it back; what carries it out is the `operation` of the richer type that extends this one.
 * @public @since 0.1.0
 */
export interface Change {
  readonly action: 'add' | 'change' | 'remove'
  /** What is changed, in the field's words: `rule`, `chain`, `map element`, `bridge`, `sysctl`, with its name. */
  readonly object: string
  /** One sentence. */
  readonly description: string
  /** The object as text before; null when it was not there. */
  readonly before: string | null
  /** The object as text after; null when it is gone. */
  readonly after: string | null
  /** The command or line that takes this change back. */
  readonly reverse: string
}

/** @public @since 0.1.0 */
export interface ChangeSummary {
  readonly add: number
  readonly change: number
  readonly remove: number
}

/**
 * Counts changes by action.
 * @example
 * summarise([]) // { add: 0, change: 0, remove: 0 }
 * @public @since 0.1.0
 */
export const summarise = (changes: readonly Change[]): ChangeSummary => {
  const summary = { add: 0, change: 0, remove: 0 }
  for (const change of changes) summary[change.action] += 1
  return summary
}
