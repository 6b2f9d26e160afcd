import type { Family } from '@portolan/netfilter'

/**
 * The rules of a host in one dialect, as far as they could be read.
 * @public @since 0.1.0
 */
export interface RuleReading<Rules> {
  readonly rules: Rules
  /** What could not be read, each a sentence for people. */
  readonly unread: readonly string[]
  /** Families that may have rules which are not in `rules`. */
  readonly hidden: readonly Family[]
}
