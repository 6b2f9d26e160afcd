import type { Family } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'

/**
 * The rules of a host in every backend, as far as they could be read. What could not is empty, and named in
 * `unread`.
 * @public @since 0.1.0
 */
export interface HostRules {
  readonly nftables: nftables.Ruleset
  readonly 'iptables-nft': iptables.Ruleset
  readonly 'iptables-legacy': iptables.Ruleset
  /** Sentences for people. */
  readonly unread: readonly string[]
  /** Families that may have rules which could not be read: what is told of their packets is only possible. */
  readonly hidden?: readonly Family[]
}

/**
 * A host without a rule.
 * @public @since 0.1.0
 */
export const noRules: HostRules = {
  nftables: nftables.emptyRuleset,
  'iptables-nft': iptables.emptyRuleset,
  'iptables-legacy': iptables.emptyRuleset,
  unread: [],
}
