import { canonicalAddress, type HostFacts, IntentError } from '@portolan/netfilter'
import { replicaName } from '../contract/mapping-label.ts'
import type { ParentedNetworkIntent } from '../intent/index.ts'

/**
 * The interface of a host that has an address; null: no interface has it.
 * @example
 * interfaceWithAddress({ interfaces: [{ name: 'eth1', addresses: ['192.0.2.2/24'] }] }, '192.0.2.2') // 'eth1'
 */
export const interfaceWithAddress = ({ interfaces = [] }: HostFacts, address: string): string | null => {
  const wanted = canonicalAddress(address)
  const found = interfaces.find(({ addresses = [] }) =>
    addresses.some((text) => canonicalAddress(text.split('/')[0] ?? '') === wanted),
  )
  return found?.name ?? null
}

/**
 * Refuses a static address on a parent that the host itself has. Machines on that wire would reach sometimes the host,
 * and sometimes the container.
 *
 * @param removed - bridges that the plan removes, with their addresses
 * @throws IntentError naming the service
 * @internal
 */
export const checkHostAddresses = (
  parented: readonly ParentedNetworkIntent[],
  { interfaces = [] }: HostFacts,
  removed: readonly string[],
): void => {
  const staying = { interfaces: interfaces.filter(({ name = '' }) => !removed.includes(name)) }
  for (const { name, endpoints } of parented)
    for (const endpoint of endpoints)
      for (const address of [endpoint.ip, endpoint.ip6]) {
        const holder = address === null ? null : interfaceWithAddress(staying, address)
        if (holder !== null)
          throw new IntentError(
            `${replicaName(endpoint)} asks for ${address} on network ${name}, and ${holder} of this host has that address: expected another address`,
            endpoint.place,
          )
      }
}
