import { parseBridgeAlias } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import type { HostFacts } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import type { HostRules } from '../host-rules/host-rules.ts'

/** What a plan was made from, or would be made from now. */
export interface Observation {
  readonly facts: HostFacts
  readonly rules: HostRules
}

/**
 * Names what of ours changed between two observations; null when nothing did. What others changed does not count:
 * the changes of a plan touch only what is ours.
 */
export const isStale = (before: Observation, now: Observation): string | null => {
  if (nftables.diff(before.rules.nftables, now.rules.nftables).length > 0) return 'Our nftables rules'
  for (const variant of ['iptables-nft', 'iptables-legacy'] as const) {
    // `diff` wants to be told ours alone: a foreign rule in what is desired would be one to add.
    const changes = iptables.diff(before.rules[variant], iptables.ours(now.rules[variant]))
    // A jump moves because a foreign rule stands in front of it, which is no change of ours.
    if (changes.some(({ operation }) => operation.kind !== 'move-rule')) return `Our ${variant} rules`
  }
  if (ownBridges(before.facts) !== ownBridges(now.facts)) return 'Our bridges'
  return null
}

const ownBridges = ({ interfaces }: HostFacts): string =>
  JSON.stringify(
    (interfaces ?? [])
      .filter(({ alias }) => parseBridgeAlias(alias) !== null)
      .map(({ name, alias, mtu, addresses }) => [
        name,
        alias,
        mtu,
        (addresses ?? []).filter((address) => !address.startsWith('fe80:')),
      ]),
  )
