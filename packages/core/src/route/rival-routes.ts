import {
  type HostFacts,
  parsePrefix,
  prefixAround,
  type RouteFact,
  samePrefix,
  tryParseHostOrPrefix,
  tryParseInterfaceAddress,
} from '@portolan/netfilter'
import type { DesiredRoute } from '../contract/desired-state.ts'
import { blockRouteProtocol } from './block-route-protocol.ts'

/** include/uapi/linux/rtnetlink.h: RT_TABLE_MAIN. */
export const MAIN = 254

/** RT_TABLE_LOCAL of the same file: the kernel asks this table before all others. */
export const LOCAL = 255

/** Is it a managed route? Its protocol tells. Portolan makes routes in table main alone. */
export const isOwnRoute = ({ protocol, table = MAIN }: RouteFact): boolean =>
  protocol === blockRouteProtocol.name && table === MAIN

/**
 * The metric of a route that is made without one, as managed routes are. In IPv6 it is IP6_RT_PRIO_USER
 * (include/net/ip6_route.h). In IPv4 it is 0, the lowest.
 */
export const plainMetric = (destination: string): number => (destination.includes(':') ? 1024 : 0)

/**
 * How a foreign route affects a managed route with the same destination.
 * - `key`: the kernel takes no second route with this destination and metric.
 * - `network`: the route leads to the network of an interface. The managed route would cut that network off, or already
 *   does where the interface came later.
 * - `lower`: the foreign route has a lower metric, so it gets the packets.
 * - `shared`: the foreign route is a second hop of the managed route in IPv6, and gets a part of the flows.
 * - `tos`: the foreign route gets the packets of one TOS.
 *
 * @see net/ipv4/fib_trie.c `fib_find_alias`, `fib_table_insert`; net/ipv6/ip6_fib.c `fib6_add_rt2node`
 */
export type Rivalry = 'key' | 'network' | 'lower' | 'shared' | 'tos'

export interface Rival {
  readonly route: RouteFact
  readonly rivalry: Rivalry
}

/** The routes of any program in table main whose destination is exactly this block, in the kernel's order. */
export const routesTo = (block: string, { routes = [] }: HostFacts): readonly RouteFact[] => {
  const prefix = parsePrefix(block)
  return routes.filter((route) => {
    if ((route.table ?? MAIN) !== MAIN) return false
    const destination = tryParseHostOrPrefix(route.destination ?? 'default')
    return destination !== null && samePrefix(destination, prefix)
  })
}

/** Can the managed route be made beside the foreign one? */
export const leavesRoom = ({ rivalry }: Rival): boolean => rivalry !== 'key' && rivalry !== 'network'

/** Does a route lead by the same gateway and interface as the managed one? */
export const leadsTo = ({ via, interface: name }: DesiredRoute, route: RouteFact): boolean =>
  route.gateway === via && route.interface === name

/**
 * The foreign route that hinders a managed route most.
 *
 * @param there - the routes of the same destination, as `routesTo` gives them
 * @returns null: no foreign route takes packets from the managed one
 */
export const rivalOf = (ours: DesiredRoute, there: readonly RouteFact[], facts: HostFacts): Rival | null => {
  const own = there.findIndex(isOwnRoute)
  const isThere = own >= 0 && there[own] !== undefined && leadsTo(ours, there[own])
  const plain = plainMetric(ours.destination)
  const rivals = there.flatMap((route, at): readonly Rival[] => {
    if (isOwnRoute(route)) return []
    const { metric = plain, tos = 0 } = route
    const rival = (rivalry: Rivalry): readonly Rival[] => [{ route, rivalry }]
    if (tos !== 0) return rival('tos')
    if (isNetwork(route, facts)) return rival('network')
    if (metric < plain) return rival('lower')
    if (metric > plain) return []
    if (own < 0 || at < own) return rival('key')
    // This route stands behind the managed one. IPv4 then never uses it. In IPv6 a route by a gateway becomes a second
    // hop of the managed route (`rt6_qualify_for_ecmp`), and replacing the managed route would replace both.
    if (plain === 0 || (route.gateway ?? null) === null) return []
    return rival(isThere ? 'shared' : 'key')
  })
  return order.flatMap((rivalry) => lowestOf(rivals.filter((one) => one.rivalry === rivalry)))[0] ?? null
}

const order: readonly Rivalry[] = ['key', 'network', 'lower', 'shared', 'tos']

const lowestOf = (rivals: readonly Rival[]): readonly Rival[] =>
  rivals.toSorted((one, other) => (one.route.metric ?? 0) - (other.route.metric ?? 0)).slice(0, 1)

/** Is the route the one to an interface's own network, whatever program made it, with whatever metric? */
export const isNetwork = (route: RouteFact, facts: HostFacts): boolean => {
  const link = facts.interfaces?.find(({ name }) => name !== undefined && name === route.interface)
  const prefix = tryParseHostOrPrefix(route.destination ?? 'default')
  if (link === undefined || prefix === null || (route.gateway ?? null) !== null) return false
  const isAround = (text: string): boolean => {
    const own = tryParseInterfaceAddress(text)
    return own !== null && samePrefix(prefixAround(own.address, own.length), prefix)
  }
  return (link.addresses ?? []).some(isAround) || (link.peers ?? []).some(({ peer }) => isAround(peer ?? ''))
}
