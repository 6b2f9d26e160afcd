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

/** The same: RT_TABLE_LOCAL, which is asked before all others. */
export const LOCAL = 255

/** A route of ours, by its protocol. In other tables we make none. */
export const isOwnRoute = ({ protocol, table = MAIN }: RouteFact): boolean =>
  protocol === blockRouteProtocol.name && table === MAIN

/**
 * The metric of a route that is made without one, as ours are: IP6_RT_PRIO_USER (include/net/ip6_route.h) in IPv6, none in
 * IPv4, which is the lowest there.
 */
export const plainMetric = (destination: string): number => (destination.includes(':') ? 1024 : 0)

/**
 * What a route of another program with the destination of one of ours does to it.
 * - `key`: the kernel takes no second one of that destination and metric.
 * - `network`: it is the network of an interface, which ours would cut off, and does where the interface came behind it.
 * - `lower`: it has a lower metric, so that it gets the packets.
 * - `shared`: it is a second hop of ours in IPv6, and gets a part of the flows.
 * - `tos`: it gets the packets of one TOS.
 *
 * @see net/ipv4/fib_trie.c `fib_find_alias`, `fib_table_insert`; net/ipv6/ip6_fib.c `fib6_add_rt2node`
 */
export type Rivalry = 'key' | 'network' | 'lower' | 'shared' | 'tos'

export interface Rival {
  readonly route: RouteFact
  readonly rivalry: Rivalry
}

/** The routes of table main to exactly a block, of any program, in the kernel's order. */
export const routesTo = (block: string, { routes = [] }: HostFacts): readonly RouteFact[] => {
  const prefix = parsePrefix(block)
  return routes.filter((route) => {
    if ((route.table ?? MAIN) !== MAIN) return false
    const destination = tryParseHostOrPrefix(route.destination ?? 'default')
    return destination !== null && samePrefix(destination, prefix)
  })
}

/** May ours be made beside it? */
export const leavesRoom = ({ rivalry }: Rival): boolean => rivalry !== 'key' && rivalry !== 'network'

/** Does a route lead where ours does? */
export const leadsTo = ({ via, interface: name }: DesiredRoute, route: RouteFact): boolean =>
  route.gateway === via && route.interface === name

/**
 * What is in the way of a route of ours among those of its destination.
 *
 * @param there - as `routesTo` gives them
 * @returns null: no route takes packets from it; of several the one that leaves it least
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
    // Behind ours, where IPv4 asks it for nothing. In IPv6 one by a gateway becomes a hop of ours (`rt6_qualify_for_ecmp`),
    // and replacing ours would replace both.
    if (plain === 0 || (route.gateway ?? null) === null) return []
    return rival(isThere ? 'shared' : 'key')
  })
  return order.flatMap((rivalry) => lowestOf(rivals.filter((one) => one.rivalry === rivalry)))[0] ?? null
}

const order: readonly Rivalry[] = ['key', 'network', 'lower', 'shared', 'tos']

const lowestOf = (rivals: readonly Rival[]): readonly Rival[] =>
  rivals.toSorted((one, other) => (one.route.metric ?? 0) - (other.route.metric ?? 0)).slice(0, 1)

/** The kernel's route to what is on an interface, by whichever program and metric it was made. */
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
