import { type HostFacts, parsePrefix, prefixesOverlap, tryParseHostOrPrefix } from '@portolan/netfilter'
import { type ChosenRoutes, isOwnRoute, MAIN } from '../route/choose-routes.ts'
import { blockRouteTaken } from './block-route-taken.ts'
import type { Conflict } from './conflict.ts'

/** include/uapi/linux/fib_rules.h: the rule that looks a packet up in table main has this priority by default. */
const MAIN_PRIORITY = 32_766

/**
 * Routes of other programs that take packets to the block of another host elsewhere: one with the same destination, one
 * that is more exact, and one in a table that a routing rule asks first.
 */
export const findRouteConflicts = (
  { routes, taken }: Pick<ChosenRoutes, 'routes' | 'taken'>,
  facts: HostFacts,
): readonly Conflict[] => {
  const early = tablesBeforeMain(facts)
  const foreign = (facts.routes ?? []).flatMap((route) => {
    if (isOwnRoute(route) || (route.type ?? 'unicast') === 'multicast') return []
    const prefix = tryParseHostOrPrefix(route.destination ?? 'default')
    return prefix === null || prefix.length === 0 ? [] : [{ route, prefix }]
  })
  return [
    ...taken.map(({ block, route }) => blockRouteTaken(block.block, block.host, route, 'same')),
    ...routes.flatMap(({ destination }): readonly Conflict[] => {
      const block = parsePrefix(destination)
      const found = foreign.find(({ route, prefix }) => {
        if (prefix.family !== block.family || !prefixesOverlap(prefix, block)) return false
        const table = route.table ?? MAIN
        return table === MAIN ? prefix.length > block.length : early.has(table)
      })
      if (found === undefined) return []
      const isInMain = (found.route.table ?? MAIN) === MAIN
      return [blockRouteTaken(destination, null, found.route, isInMain ? 'part' : 'table')]
    }),
  ]
}

/** Tables that some packets are looked up in before main. */
const tablesBeforeMain = ({ rules = [] }: HostFacts): ReadonlySet<number> =>
  new Set(
    rules.flatMap(({ priority = 0, table }) =>
      table === undefined || table === MAIN || priority >= MAIN_PRIORITY ? [] : [table],
    ),
  )
