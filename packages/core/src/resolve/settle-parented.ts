import {
  canonicalAddress,
  containsAddress,
  type Family,
  type HostFacts,
  parseAddress,
  parseHostOrPrefix,
  parseInterfaceAddress,
  parsePrefix,
  prefixAround,
  prefixesOverlap,
} from '@portolan/netfilter'
import type { DesiredEndpoint, DesiredParentedNetwork, DesiredParentedSubnet } from '../contract/index.ts'
import type { ParentedNetworkIntent } from '../intent/index.ts'
import type { LeasedParent } from '../lease/index.ts'
import type { SubnetPlan } from '../pool/index.ts'

/** A network on a parent, without its endpoints. */
export type SettledParented = Omit<DesiredParentedNetwork, 'endpoints'>

/**
 * Gives a network on a parent its planned subnets and its gateways. The gateway is the one of the file, or else the
 * host's own router on that wire, or else the first address. The first address is left out if it is the host's own,
 * because a container on a parent does not reach its host.
 * @internal
 */
export const settleParented = (
  network: ParentedNetworkIntent,
  subnets: readonly SubnetPlan[],
  facts: HostFacts,
): SettledParented => {
  const { name, driver, parent, mtu } = network
  const settle = (family: Family): DesiredParentedSubnet | null => {
    const planned = subnets.find((one) => one.network === name && one.family === family)
    const wanted = network[family]
    if (planned === undefined || wanted === null) return null
    const { subnet } = planned
    if (network.internal) return { subnet, gateway: null }
    const first = isOfHost(planned.gateway, facts) ? null : planned.gateway
    return {
      subnet,
      gateway: wanted.gateway === null ? (routerOn(parent, subnet, facts) ?? first) : planned.gateway,
    }
  }
  return { name, driver, parent, mtu, ip: settle('ip'), ip6: settle('ip6') }
}

/**
 * The endpoints of a network on a parent. With ipvlan they have the MAC address of the parent.
 * @internal
 */
export const endpointsOn = (
  { name, parent, driver }: SettledParented,
  all: readonly DesiredEndpoint[],
  { interfaces = [] }: HostFacts,
): readonly DesiredEndpoint[] => {
  const own = all.filter(({ network }) => network === name)
  const mac = interfaces.find((link) => link.name === parent)?.mac
  return driver.kind === 'macvlan' || mac === undefined ? own : own.map((one) => ({ ...one, mac }))
}

/**
 * Makes the facts of a network on a parent that the lease of its subnet stores.
 * @example
 * leasedParents([], [])({ network: 'web', family: 'ip' }) // null
 * @public @since 0.1.0
 */
export const leasedParents =
  (
    wanted: readonly ParentedNetworkIntent[],
    settled: readonly Omit<DesiredParentedNetwork, 'endpoints'>[],
  ): ((plan: Pick<SubnetPlan, 'network' | 'family'>) => LeasedParent | null) =>
  ({ network, family }) => {
    const wire = settled.find(({ name }) => name === network)
    if (wire === undefined) return null
    const { driver, parent, mtu } = wire
    const ipRange = wanted.find(({ name }) => name === network)?.[family]?.ipRange ?? null
    return { driver, parent, mtu, router: wire[family]?.gateway ?? null, ipRange }
  }

/** The router of the host's default route by this interface, if it is inside the subnet. */
const routerOn = (parent: string, subnet: string, { routes = [] }: HostFacts): string | null => {
  const prefix = parsePrefix(subnet)
  for (const { interface: device, gateway, destination } of routes) {
    if (device !== parent || gateway == null || !isDefault(destination)) continue
    const router = parseAddress(gateway)
    if (containsAddress(prefix, router)) return canonicalAddress(gateway)
  }
  return null
}

const isDefault = (destination: string | undefined): boolean =>
  destination === 'default' || destination === '0.0.0.0/0' || destination === '::/0'

/**
 * Does the host itself have this address?
 * @internal
 */
export const isOfHost = (address: string, { interfaces = [] }: HostFacts): boolean =>
  interfaces.some(({ addresses = [] }) =>
    addresses.some((text) => canonicalAddress(text.split('/')[0] ?? '') === address),
  )

/**
 * Does a subnet overlap the network that the parent itself is on? Then the host's route to it is no collision, because
 * the containers are machines there.
 * @internal
 */
export const isOnParent = (
  parent: string,
  subnet: string,
  { interfaces = [], routes = [] }: HostFacts,
): boolean => {
  const prefix = parsePrefix(subnet)
  const links = interfaces
    .filter(({ name }) => name === parent)
    .flatMap(({ addresses = [] }) => addresses)
    .map((text) => {
      const { address, length } = parseInterfaceAddress(text)
      return prefixAround(address, length)
    })
  const direct = routes.flatMap(({ interface: device, destination, gateway }) =>
    device === parent && gateway == null && destination !== undefined && !isDefault(destination)
      ? [parseHostOrPrefix(destination)]
      : [],
  )
  return [...links, ...direct].some((one) => prefixesOverlap(one, prefix))
}
