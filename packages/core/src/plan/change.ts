/**
 * One step of a plan, as data: what it does in words (`description`), the object before and after, and how to take it
 * back. A type that extends this one adds `operation`, the data that carries the step out.
 * @public @since 0.1.0
 */
export interface Change {
  readonly action: 'add' | 'change' | 'remove'
  /** The changed object, in the field's words: `rule`, `chain`, `map element`, `bridge`, `sysctl`, with its name. */
  readonly object: string
  /** What the step does, in one sentence. */
  readonly description: string
  /** The object as text before; null: it did not exist. */
  readonly before: string | null
  /** The object as text after; null: it is gone. */
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
