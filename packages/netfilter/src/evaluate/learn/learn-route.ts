import { lastAddress, type Prefix } from '../../address/index.ts'
import type { RangeSet } from '../../address/range-set.ts'
import type { Origins } from '../packet/origins.ts'
import type { World } from '../packet/world.ts'
import { classOfDestination } from '../route/route-classes.ts'
import type { RouteKey } from '../route/route-key.ts'
import type { Route } from '../route/route-table.ts'
import { lookUpRoute, type Router } from '../route/router.ts'
import { learn, ofAnyNetwork } from './learn.ts'
import { membership } from './learner.ts'

/**
 * What a route means for the path of a packet. A packet for the host itself stays here, whichever interface has the
 * address. The host answers from that address, or from the one that the route names. A received broadcast is for the
 * host too, except that of a bridge itself, which the bridge switches. A broadcast that the host sends leaves by its
 * interface.
 */
const classOf = (route: Route | null, { destination, in: from }: RouteKey): string => {
  if (route === null) return 'none'
  const { type, link, gateway, source } = route
  if (type === 'local') return `local ${source === null || source === destination ? '' : source}`
  if (type === 'broadcast' && from !== 'lo') return link?.name === from ? `${type} here` : type
  return `${type} ${link?.name ?? ''}${gateway === null ? '' : ' via'}`
}

/**
 * The destinations that are routed like this one.
 *
 * @returns null when nothing is known of the others
 */
export const sameRoute = (router: Router, key: RouteKey): RangeSet | null => {
  const flow = router.asksFlow ? router.rules.map((rule) => rule.flow?.matches(key.flow) ?? '').join(' ') : ''
  const context = `route ${key.in} ${key.out} ${key.mark} ${router.asksSource ? key.source : ''} ${flow}`
  const classify = (destination: number | bigint): string => {
    const asked = { ...key, destination }
    const { route, otherwise } = lookUpRoute(router, asked)
    const found = classOf(route, asked)
    return otherwise === null ? found : `${found} or ${classOf(otherwise.route, asked)}`
  }
  return classOfDestination(router, context, classify, key.destination) ?? null
}

/**
 * Notes the conditions that a route lookup depends on.
 *
 * @param origins - the origins of the key: the packet's own, or, for the way back, those of the other direction
 */
export const learnRoute = (
  world: World,
  router: Router,
  key: RouteKey,
  origins: Origins = world.origins,
): void => {
  if (world.learner === null) return
  const to = origins.daddr
  if (to !== null) {
    const set = sameRoute(router, key)
    if (set !== null) learn(world, ofAnyNetwork(world, [{ field: to, set, inside: true, isOfTable: false }]))
  }
  learnFlow(world, router, key, origins)
  const source = key.source
  const from = origins.saddr
  if (from === null || source === null || !router.asksSource) return
  for (const rule of router.rules)
    if (rule.from !== null && rule.from.length > 0)
      learn(world, [membership(from, prefixRange(rule.from), source)])
}

/** Notes the ports that routing rules match. */
const learnFlow = (world: World, router: Router, { flow }: RouteKey, origins: Origins): void => {
  if (flow === undefined || !router.asksFlow) return
  for (const { flow: asked } of router.rules)
    for (const [ports, value, origin] of [
      [asked?.sourcePorts, flow.sport, origins.sport],
      [asked?.destinationPorts, flow.dport, origins.dport],
    ] as const) {
      const field = ports === undefined || ports === null ? null : origin
      if (field !== null && ports !== undefined && ports !== null)
        learn(world, [membership(field, { starts: [ports.first], ends: [ports.last] }, value)])
    }
}

export const prefixRange = (prefix: Prefix): RangeSet => ({
  starts: [prefix.base],
  ends: [lastAddress(prefix).value],
})
