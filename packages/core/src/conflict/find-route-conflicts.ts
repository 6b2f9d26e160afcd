import {
  commandWording,
  containsPrefix,
  type Family,
  families,
  type HostFacts,
  type InterfaceFact,
  parsePrefix,
  prefixAround,
  prefixesOverlap,
  type RouteFact,
  tryParseHostOrPrefix,
  tryParseInterfaceAddress,
  type Wording,
} from '@portolan/netfilter'
import { parseBridgeAlias } from '../contract/bridge-alias.ts'
import type { ChosenRoutes } from '../route/choose-routes.ts'
import { isNetwork, isOwnRoute, LOCAL, MAIN } from '../route/rival-routes.ts'
import type { Conflict } from './conflict.ts'
import { blockRouteTaken, type RouteOrigin } from './kind/block-route-taken.ts'
import { blockRuleAhead } from './kind/block-rule-ahead.ts'
import { peerOfRoute } from './kind/peer-of-route.ts'
import { type ReadRoute, ruleAhead, rulesInOrder } from './kind/rule-ahead.ts'

/**
 * Finds what leads packets for another host's block elsewhere. This is a route of another program to the same
 * destination that the kernel prefers or that keeps Portolan's route out. Or it is a more exact route, an address of
 * this host, or a routing rule that refuses the packets or looks up another table first.
 */
export const findRouteConflicts = (
  { routes, contested }: Pick<ChosenRoutes, 'routes' | 'contested'>,
  facts: HostFacts,
  project: string,
  wording: Wording = commandWording,
): readonly Conflict[] => {
  const isOwn = (route: RouteFact): boolean => {
    const origin = originOf(route, facts)
    return origin?.kind === 'network' && origin.project === project
  }
  const foreign = (facts.routes ?? []).flatMap((route): readonly ReadRoute[] => {
    if (isOwnRoute(route) || (route.type ?? 'unicast') === 'multicast') return []
    if (isOwn(route)) return []
    const prefix = tryParseHostOrPrefix(route.destination ?? 'default')
    return prefix === null || prefix.length === 0 ? [] : [{ route, prefix }]
  })
  const inMain = foreign.filter(({ route }) => (route.table ?? MAIN) === MAIN)
  const elsewhere = foreign.filter(({ route }) => (route.table ?? MAIN) !== MAIN)
  const rulesOf = new Map(families.map((family: Family) => [family, rulesInOrder(facts, family)]))
  return [
    ...contested.flatMap(({ block, rival: { route, rivalry } }) => {
      if (isOwn(route)) return []
      return [blockRouteTaken(block.block, block.host, route, rivalry, originOf(route, facts), wording)]
    }),
    ...routes.flatMap(({ destination }): readonly Conflict[] => {
      const block = parsePrefix(destination)
      const part = inMain.find(
        ({ prefix }) =>
          prefix.family === block.family && prefix.length > block.length && prefixesOverlap(prefix, block),
      )
      if (part !== undefined) {
        const origin = originOf(part.route, facts)
        return [blockRouteTaken(destination, null, part.route, 'part', origin, wording)]
      }
      const rules = rulesOf.get(block.family) ?? []
      const ahead = ruleAhead(rules, elsewhere, block)
      if (ahead === null) return []
      const { route } = ahead
      const origin = route === null ? null : originOf(route, facts)
      return route?.table === LOCAL
        ? [blockRouteTaken(destination, null, route, 'address', origin, wording)]
        : [blockRuleAhead(destination, ahead, rules, origin, wording)]
    }),
  ]
}

const originOf = (route: RouteFact, facts: HostFacts): RouteOrigin => {
  const link = facts.interfaces?.find(({ name }) => name !== undefined && name === route.interface)
  if (link === undefined || (route.gateway ?? null) !== null) return null
  const mark = parseBridgeAlias(link.alias)
  if (mark !== null) return { kind: 'network', project: mark.project, network: mark.network }
  const peer = peerOfRoute(route, link)
  if (peer !== null) return { kind: 'peer', ...peer }
  const isOfLink = route.table === LOCAL ? isOfAddress(route, link) : isNetwork(route, facts)
  return isOfLink ? { kind: 'interface' } : null
}

/**
 * Whether a route is one that the kernel makes for an address of the interface: to the address itself, or to all
 * addresses of its network.
 */
const isOfAddress = ({ destination = 'default' }: RouteFact, { addresses = [] }: InterfaceFact): boolean => {
  const prefix = tryParseHostOrPrefix(destination)
  return addresses.some((text) => {
    const own = tryParseInterfaceAddress(text)
    return (
      own !== null &&
      prefix?.family === own.address.family &&
      containsPrefix(prefixAround(own.address, own.length), prefix)
    )
  })
}
