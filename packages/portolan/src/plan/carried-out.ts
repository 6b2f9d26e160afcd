import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import type { HostRules } from '../host-rules/host-rules.ts'
import type { PlanChange } from './plan.ts'

/**
 * The rules of a host with the changes of a plan made to them, on paper.
 * @internal
 */
export const carriedOut = (rules: HostRules, changes: readonly PlanChange[]): HostRules => {
  const variant = (part: 'iptables-nft' | 'iptables-legacy'): iptables.Ruleset =>
    iptables.applyTo(
      rules[part],
      changes.flatMap((change) => (change.part === part ? [change] : [])),
    )
  return {
    ...rules,
    nftables: nftables.applyTo(
      rules.nftables,
      changes.flatMap((change) => (change.part === 'nftables' ? [change] : [])),
    ),
    'iptables-nft': variant('iptables-nft'),
    'iptables-legacy': variant('iptables-legacy'),
  }
}
