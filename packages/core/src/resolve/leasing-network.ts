import type { HostFacts } from '@portolan/netfilter'
import type { DesiredNetwork } from '../contract/desired-state.ts'
import { parseBridgeAlias } from '../contract/index.ts'
import type { LeasingNetwork } from '../lease/index.ts'

/**
 * The network as leases name it. On another project's bridge, addresses belong to that project's network.
 * @internal
 */
export const leasingNetwork = (
  project: string,
  { name, bridge, external }: DesiredNetwork,
  facts: HostFacts,
): LeasingNetwork => {
  if (!external) return { project, network: name }
  const owner = parseBridgeAlias(facts.interfaces?.find((link) => link.name === bridge)?.alias)
  return owner === null
    ? { project: null, network: bridge }
    : { project: owner.project, network: owner.network }
}
