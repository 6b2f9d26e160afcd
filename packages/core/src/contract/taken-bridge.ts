import type { HostFacts } from '@portolan/netfilter'
import { parseBridgeAlias } from './bridge-alias.ts'
import type { DesiredNetwork, DesiredState } from './desired-state.ts'

type Interface = NonNullable<HostFacts['interfaces']>[number]

/**
 * The foreign interface that already has the name of a network's bridge. It blocks the bridge and stays unchanged.
 * Null: there is none, or the network uses a bridge of others anyway.
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
  // A bridge of another network of this project is removed before the new one is made, unless that network is external.
  const stays = networks.some((other) => other.external && other.bridge === network.bridge)
  return parseBridgeAlias(holder.alias)?.project === project && !stays ? null : holder
}
