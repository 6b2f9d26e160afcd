import { lastAddress, type Prefix } from '../address/index.ts'
import type { RangeSet } from '../address/range-set.ts'
import { freeFieldOf, learn, ofAnyNetwork } from './learn.ts'
import { membership } from './learner.ts'
import { destinationClasses } from './route-classes.ts'
import type { RouteKey } from './route-key.ts'
import type { Route } from './route-table.ts'
import { lookUpRoute, type Router } from './router.ts'
import type { World } from './world.ts'

/**
 * What matters of a route for the way of a packet. What is for the host itself stays here, whichever interface has the
 * address; the host speaks to it from that address, or from the one that the route names.
 */
const classOf = (route: Route | null, destination: number | bigint): string => {
  if (route === null) return 'none'
  const { type, link, gateway, source } = route
  if (type === 'local') return `local ${source === null || source === destination ? '' : source}`
  return `${type} ${link?.name ?? ''}${gateway === null ? '' : ' via'}`
}

/**
 * The destinations that are routed as this one is.
 *
 * @returns null when nothing is known of the others
 */
export const sameRoute = (router: Router, key: RouteKey): RangeSet | null => {
  const bySource = router.rules.some(({ from }) => from !== null && from.length > 0)
  const context = `route ${key.in} ${key.out} ${key.mark} ${bySource ? key.source : ''}`
  const classify = (destination: number | bigint): string =>
    classOf(lookUpRoute(router, { ...key, destination }).route, destination)
  return destinationClasses(router, context, classify)?.get(classify(key.destination)) ?? null
}

/** Notes what a look at the routing tables hung on. */
export const learnRoute = (world: World, router: Router, key: RouteKey): void => {
  if (world.learner === null) return
  const to = freeFieldOf(world, key.destination)
  if (to !== null) {
    const set = sameRoute(router, key)
    if (set !== null) learn(world, ofAnyNetwork(world, [{ field: to, set, inside: true, isOfTable: false }]))
  }
  const source = key.source
  const from = freeFieldOf(world, source)
  if (from === null || source === null) return
  for (const rule of router.rules)
    if (rule.from !== null && rule.from.length > 0)
      learn(world, [membership(from, prefixRange(rule.from), source)])
}

export const prefixRange = (prefix: Prefix): RangeSet => ({
  starts: [prefix.base],
  ends: [lastAddress(prefix).value],
})
