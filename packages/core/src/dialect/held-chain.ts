import type { Family } from '@portolan/netfilter'

/**
 * A managed chain that stays, empty, because a foreign rule jumps to it.
 * @public @since 0.1.0
 */
export interface HeldChain {
  readonly family: Family
  readonly table: string
  readonly chain: string
  /** The program that shows the rule: `ip6tables-nft`. */
  readonly program: string
  /** The foreign rule, as that program shows it. */
  readonly rule: string
}
