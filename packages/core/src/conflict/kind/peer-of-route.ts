import {
  bitsOf,
  containsPrefix,
  type InterfaceFact,
  type PeerFact,
  prefixAround,
  type RouteFact,
  samePrefix,
  tryParseAddress,
  tryParseHostOrPrefix,
  tryParseInterfaceAddress,
} from '@portolan/netfilter'
import { LOCAL } from '../../route/rival-routes.ts'

/**
 * The address with a peer for which the kernel made a route. The route leads to the peer's network, or in table local
 * to the address itself and to all addresses of the network. On the loopback interface, the network itself is in table
 * local.
 *
 * @returns null when the route belongs to no such address
 * @see net/ipv4/fib_frontend.c `fib_add_ifaddr`; net/ipv6/addrconf.c `inet6_addr_add`
 */
export const peerOfRoute = (
  { destination = 'default', table, type = 'local' }: RouteFact,
  { peers = [] }: Pick<InterfaceFact, 'peers'>,
): Required<PeerFact> | null => {
  const prefix = tryParseHostOrPrefix(destination)
  for (const { address = '', peer = '' } of peers) {
    const [own, other] = [tryParseAddress(address), tryParseInterfaceAddress(peer)]
    if (prefix === null || own?.family !== prefix.family || other?.address.family !== prefix.family) continue
    const network = prefixAround(other.address, other.length)
    const isToAll = type !== 'local' && table === LOCAL
    const isMade = isToAll
      ? [network, prefixAround(own, other.length)].some((around) => containsPrefix(around, prefix))
      : samePrefix(network, prefix) || (table === LOCAL && samePrefix(prefixAround(own, bitsOf(own)), prefix))
    if (isMade) return { address, peer }
  }
  return null
}
