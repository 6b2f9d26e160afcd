import type { HostFacts } from '@portolan/netfilter'
import { parseBridgeAlias } from './bridge-alias.ts'
import type { DesiredNetwork, DesiredState } from './desired-state.ts'

type Interface = NonNullable<HostFacts['interfaces']>[number]

/**
 * The interface of others that has the name of a network's bridge: it stands in the way of ours, and nothing of it is changed.
 * Null: none has, or the network is on a bridge of others anyway.
 * @internal
 */
export const takerOfBridge = (
  network: DesiredNetwork,
  { project, networks }: DesiredState,
  { interfaces = [] }: HostFacts,
): Interface | null => {
  if (network.external) return null
  const holder = interfaces.find((link) => link.name === network.bridge)
  if (holder === undefined) return null
  // A bridge of another network of this project goes before ours comes, unless that network stays external.
  const stays = networks.some((other) => other.external && other.bridge === network.bridge)
  return parseBridgeAlias(holder.alias)?.project === project && !stays ? null : holder
}
