import { type Family, prefixContains } from '@portolan/netfilter'
import type { DesiredNetwork, DesiredState, DesiredSubnet } from './desired-state.ts'
import { ownAddresses } from './own-addresses.ts'

export const subnetOf = (network: DesiredNetwork, family: Family): DesiredSubnet | null =>
  family === 'ip' ? network.ip : network.ip6

export const holds = (subnet: DesiredSubnet | null, address: string): boolean =>
  subnet !== null && prefixContains(subnet.subnet, address)

/**
 * The network on which an address belongs to the project. On an external network, only the addresses of endpoints and
 * targets do. The rest of its subnet belongs to others.
 */
export const homeOf = (desired: DesiredState, family: Family, address: string): DesiredNetwork | undefined =>
  desired.networks.find((network) => isOurs(desired, network, family, address))

export const isOurs = (
  desired: DesiredState,
  network: DesiredNetwork,
  family: Family,
  address: string,
): boolean =>
  holds(subnetOf(network, family), address) &&
  (!network.external || ownAddresses(desired, network, family).has(address))

/**
 * Whether an address belongs to a container or guest of others, on a network that the project joins. If the bridge has
 * no address, the host forwards nothing to that network.
 */
export const isForeignContainer = (desired: DesiredState, family: Family, address: string): boolean =>
  desired.networks.some((network) => {
    const subnet = subnetOf(network, family)
    return network.external && subnet?.gateway != null && holds(subnet, address)
  })
