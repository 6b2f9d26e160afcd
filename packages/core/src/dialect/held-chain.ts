import type { Family } from '@portolan/netfilter'

/**
 * A chain of ours that stays, empty, since a rule of others leads to it.
 * @public @since 0.1.0
 */
export interface HeldChain {
  readonly family: Family
  readonly table: string
  readonly chain: string
  /** The program that shows the rule: `ip6tables-nft`. */
  readonly program: string
  /** The rule of others, as that program shows it. */
  readonly rule: string
}
