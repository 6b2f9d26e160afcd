import { parseAddress } from '@portolan/netfilter'
import type { Lease } from '../lease/index.ts'
import { addressKey } from '../lease/lease-key.ts'

/**
 * Tells which addresses are leased on other interfaces of the host. Two interfaces may lead to one wire, as those of a card
 * and of a wireless one to one switch: what is picked on one is free on both. What is asked for by name is not held to this,
 * since they may lead to two wires that have the same subnet.
 *
 * @param parents - all that networks are on
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
