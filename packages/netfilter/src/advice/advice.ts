/**
 * Advice for a user: what to do, in words and in commands.
 * @public @since 0.1.0
 */
export interface Advice {
  readonly text: string
  /** Commands that carry it out, for the tool that owns the rule; empty when only a person can decide. */
  readonly commands: readonly string[]
}
