import {
  commandWording,
  type HostFacts,
  parsePrefix,
  prefixesOverlap,
  type RouteFact,
  tryParseHostOrPrefix,
  type Wording,
} from '@portolan/netfilter'
import { parseBridgeAlias } from '../contract/bridge-alias.ts'
import type { ChosenRoutes } from '../route/choose-routes.ts'
import { isNetwork, isOwnRoute, MAIN } from '../route/rival-routes.ts'
import { blockRouteTaken, type RouteOrigin } from './block-route-taken.ts'
import type { Conflict } from './conflict.ts'
import { isAskedFirst } from './tables-asked-first.ts'

/**
 * Routes of other programs that take packets to the block of another host elsewhere: one with the same destination that
 * the kernel prefers or keeps ours from, one that is more exact, and one in a table that a routing rule asks first.
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
  const foreign = (facts.routes ?? []).flatMap((route) => {
    if (isOwnRoute(route) || (route.type ?? 'unicast') === 'multicast') return []
    if (isOwn(route)) return []
    const prefix = tryParseHostOrPrefix(route.destination ?? 'default')
    return prefix === null || prefix.length === 0 ? [] : [{ route, prefix }]
  })
  return [
    ...contested.flatMap(({ block, rival: { route, rivalry } }) => {
      if (isOwn(route)) return []
      return [blockRouteTaken(block.block, block.host, route, rivalry, originOf(route, facts), wording)]
    }),
    ...routes.flatMap(({ destination }): readonly Conflict[] => {
      const block = parsePrefix(destination)
      const found = foreign.find(({ route, prefix }) => {
        if (prefix.family !== block.family || !prefixesOverlap(prefix, block)) return false
        const table = route.table ?? MAIN
        if (table !== MAIN && route.type === 'throw') return false
        return table === MAIN ? prefix.length > block.length : isAskedFirst(facts, { prefix, table }, block)
      })
      if (found === undefined) return []
      const isInMain = (found.route.table ?? MAIN) === MAIN
      const clash = isInMain ? 'part' : 'table'
      return [blockRouteTaken(destination, null, found.route, clash, originOf(found.route, facts), wording)]
    }),
  ]
}

const originOf = (route: RouteFact, facts: HostFacts): RouteOrigin => {
  const link = facts.interfaces?.find(({ name }) => name !== undefined && name === route.interface)
  if (link === undefined || (route.gateway ?? null) !== null) return null
  const mark = parseBridgeAlias(link.alias)
  if (mark !== null) return { kind: 'network', project: mark.project, network: mark.network }
  return isNetwork(route, facts) ? { kind: 'interface' } : null
}
