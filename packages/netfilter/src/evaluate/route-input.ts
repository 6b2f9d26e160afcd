import { marksWayBack, refusesToForward } from './host.ts'
import { learnRoute } from './learn-route.ts'
import type { Link } from './link.ts'
import { martianDestination, martianSource } from './martian.ts'
import { isUnknown } from './reading.ts'
import type { Route } from './route-table.ts'
import { lookUpRoute } from './router.ts'
import type { EndKind } from './run.ts'
import type { Traffic } from './traffic.ts'
import type { World } from './world.ts'

/** What routing makes of a packet that has come through PREROUTING. */
export type InputDecision =
  | { readonly kind: 'local' }
  /** Translated onto the bridge it came from: br_netfilter sends it on without routing it. */
  | { readonly kind: 'switch' }
  | { readonly kind: 'forward'; readonly route: Route; readonly out: Link }
  | { readonly kind: 'end'; readonly end: EndKind; readonly verdict: string; readonly text: string }

const stop = (end: EndKind, verdict: string, text: string): InputDecision => ({
  kind: 'end',
  end,
  verdict,
  text,
})

const deliveredTypes: readonly string[] = ['local', 'broadcast', 'anycast', 'multicast']

/**
 * Routes a packet that came in by `from`.
 *
 * @param translated - PREROUTING changed its destination
 * @see net/ipv4/route.c `ip_route_input_slow`, net/bridge/br_netfilter_hooks.c `br_nf_pre_routing_finish`
 */
export const routeInput = (
  traffic: Traffic,
  world: World,
  from: Link,
  translated: boolean,
): InputDecision => {
  const { host, run } = traffic
  // It brings its route along, unless that was dropped with the old destination (nf_nat_proto.c, `nf_nat_ipv4_pre_routing`).
  if ((world.looped && !translated) || world.tproxy) return { kind: 'local' }
  const destination = martianDestination(host, world, from, 'route')
  if (destination !== null) return stop('dropped', 'drop', destination)
  const key = {
    destination: world.daddr,
    source: world.saddr,
    in: from.name,
    out: isLinkLocal(world.daddr) ? from.name : null,
    mark: markOf(traffic, world),
  }
  learnRoute(world, host.routers[world.family], key)
  const { route, doubtful } = lookUpRoute(host.routers[world.family], key)
  if (doubtful) run.doubtful = true
  world.route = route
  if (world.viaBridge && translated && route?.type === 'unicast' && route.link === from)
    return { kind: 'switch' }
  const source = martianSource(host, world, from, {
    out: route?.type === 'unicast' ? route.link : null,
    mark: marksWayBack(host, from) ? key.mark : 0,
  })
  if (source !== null) return stop('dropped', 'drop', source)
  if (isMulticast(world.daddr)) return { kind: 'local' }
  const taken = route ?? wayBack(traffic, world)
  if (taken === null) return stop('unrouted', 'unrouted', 'no route')
  if (deliveredTypes.includes(taken.type)) return { kind: 'local' }
  return refusal(taken) ?? decideForward(traffic, world, from, taken)
}

const decideForward = ({ host }: Traffic, world: World, from: Link, route: Route): InputDecision => {
  const refused = refusesToForward(host, from, world.family)
  if (refused !== null) return stop('dropped', 'drop', refused)
  if (route.link === null) return stop('unrouted', 'unrouted', `route ${route.text} leads nowhere`)
  if (world.family === 'ip6' && isLinkLocal(world.saddr) && route.link !== from)
    return stop('rejected', 'reject', 'a link-local source is not forwarded')
  return { kind: 'forward', route, out: route.link }
}

/** Hand-written facts need no route for the way back. */
const wayBack = ({ host }: Traffic, { family, returnBy }: World): Route | null =>
  returnBy === null || host.routers[family].complete
    ? null
    : {
        type: 'unicast',
        link: returnBy,
        gateway: null,
        source: null,
        length: 0,
        metric: 0,
        table: 0,
        text: 'assumed: the way it came',
      }

/** A route that refuses what it leads. */
export const refusal = ({ type, text }: Route): (InputDecision & { kind: 'end' }) | null => {
  if (type === 'blackhole') return { kind: 'end', end: 'dropped', verdict: 'drop', text: `route ${text}` }
  if (type === 'unreachable' || type === 'prohibit')
    return { kind: 'end', end: 'rejected', verdict: 'reject', text: `route ${text}` }
  return null
}

const isLinkLocal = (address: number | bigint): boolean =>
  typeof address === 'bigint' && address >> 118n === 0x3fan

export const isMulticast = (address: number | bigint): boolean =>
  typeof address === 'number' ? address >>> 28 === 14 || address === 0xffffffff : address >> 120n === 0xffn

/** A mark that is not known is taken for none, and the answer for possible, where rules look at marks. */
export const markOf = ({ host, run }: Traffic, world: World): number => {
  if (!isUnknown(world.mark)) return world.mark
  if (host.routers[world.family].rules.some(({ asksMark }) => asksMark)) run.doubtful = true
  return 0
}
