import type { Family } from '@portolan/netfilter'

/**
 * The rules of a host in one dialect, as far as they could be read.
 * @public @since 0.1.0
 */
export interface RuleReading<Rules> {
  readonly rules: Rules
  /** The rules that could not be read, one sentence for people each. */
  readonly unread: readonly string[]
  /** Families that may have rules that `rules` lacks. */
  readonly hidden: readonly Family[]
}
