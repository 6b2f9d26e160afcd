import { type Family, prefixContains } from '@portolan/netfilter'
import type { DesiredNetwork, DesiredState, DesiredSubnet } from './desired-state.ts'
import { ownAddresses } from './own-addresses.ts'

export const subnetOf = (network: DesiredNetwork, family: Family): DesiredSubnet | null =>
  family === 'ip' ? network.ip : network.ip6

export const holds = (subnet: DesiredSubnet | null, address: string): boolean =>
  subnet !== null && prefixContains(subnet.subnet, address)

/**
 * The network that an address is ours on. On an external one the addresses of endpoints and targets are, and the rest of
 * its subnet is of others.
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
 * An address of a container or guest of others, on a network that the project joins. Where the bridge has no address,
 * nothing that the host forwards gets there.
 */
export const isOfOthers = (desired: DesiredState, family: Family, address: string): boolean =>
  desired.networks.some((network) => {
    const subnet = subnetOf(network, family)
    return network.external && subnet?.gateway != null && holds(subnet, address)
  })
