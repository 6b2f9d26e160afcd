import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import type { HostRules } from '../host-rules/host-rules.ts'
import type { PlanChange } from './plan.ts'

/**
 * The rules of a host with the changes of a plan made to them, on paper.
 * @internal
 */
export const carriedOut = (rules: HostRules, changes: readonly PlanChange[]): HostRules => {
  return {
    ...rules,
    nftables: nftables.applyTo(
      rules.nftables,
      changes.flatMap((change) => (change.part === 'nftables' ? [change] : [])),
    ),
    'iptables-nft': variantCarriedOut(rules, changes, 'iptables-nft'),
    'iptables-legacy': variantCarriedOut(rules, changes, 'iptables-legacy'),
  }
}

/**
 * The same of one variant of iptables alone.
 * @internal
 */
export const variantCarriedOut = (
  rules: HostRules,
  changes: readonly PlanChange[],
  variant: 'iptables-nft' | 'iptables-legacy',
): iptables.Ruleset =>
  iptables.applyTo(
    rules[variant],
    changes.flatMap((change) => (change.part === variant ? [change] : [])),
  )
