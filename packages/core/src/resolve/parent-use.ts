import { canonicalAddress, type HostFacts } from '@portolan/netfilter'
import type { AddressUse } from './address-use.ts'

/**
 * The known addresses on the wire of a parent: those of this host, of its neighbours there, and of the routers and
 * resolvers that it uses. A machine that the host has not talked to is not known.
 *
 * @param translated - addresses to which rules of other programs translate a destination
 * @param isBeside - is an address leased on another interface of the host? (`leasedBesideParent`)
 * @example
 * parentUse('eth1', { nameservers: ['192.0.2.4'] }, []).isTaken('192.0.2.4') // true
 * @public @since 0.1.0
 */
export const parentUse = (
  parent: string,
  { interfaces = [], neighbours = [], routes = [], nameservers = [] }: HostFacts,
  translated: readonly string[],
  isBeside: (address: string) => boolean = () => false,
): AddressUse => {
  const taken = new Set(
    [
      ...interfaces.flatMap(({ addresses = [] }) => addresses.map((text) => text.split('/')[0] ?? '')),
      ...neighbours.flatMap((one) => (one.interface === parent ? (one.address ?? []) : [])),
      ...routes.flatMap(({ gateway }) => gateway ?? []),
      ...nameservers,
      ...translated,
    ]
      .filter((address) => address !== '')
      .map((address) => canonicalAddress(address)),
  )
  return {
    bridge: parent,
    engine: null,
    isKnown: true,
    isHandedOut: () => false,
    holderOf: () => null,
    isTaken: (address) => taken.has(address) || isBeside(address),
    parts: () => [null],
  }
}
