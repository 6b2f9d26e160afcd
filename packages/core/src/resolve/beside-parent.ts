import { parseAddress } from '@portolan/netfilter'
import type { Lease } from '../lease/index.ts'
import { addressKey } from '../lease/lease-key.ts'

/**
 * Makes a function that tells whether an address is leased on another interface of the host. Two interfaces may lead to
 * one wire, such as a wired and a wireless card to one switch. So a picked address must be free on both. An address
 * that is asked for by name is not checked: the interfaces may lead to two wires with the same subnet.
 *
 * @param parents - all interfaces that networks are on
 * @example
 * leasedBesideParent('eth0', ['eth0', 'eth1'], (key) => findLease(state, key))('192.0.2.9') // true
 */
export const leasedBesideParent = (
  parent: string,
  parents: Iterable<string>,
  find: (key: string) => Lease | null,
): ((address: string) => boolean) => {
  const others = [...new Set(parents)].filter((one) => one !== parent)
  return (address) =>
    others.some((network) => {
      const lease = find(addressKey({ project: null, network }, parseAddress(address).family, address))
      return lease?.kind === 'address' && lease.released === null
    })
}
