import { countNoted, noteStretch } from '../learn/checks.ts'
import { learnRoute } from '../learn/learn-route.ts'
import { marksWayBack, refusesToForward } from '../packet/host.ts'
import type { Traffic } from '../packet/traffic.ts'
import { part, type World } from '../packet/world.ts'
import type { Deed } from '../trace/deed.ts'
import type { KernelCause } from '../trace/kernel-cause.ts'
import { isUnknown } from '../value/reading.ts'
import { type EndKind, fork } from '../walk/run.ts'
import type { Link } from './link.ts'
import { martianDestination, martianSource } from './martian.ts'
import { flowOf, type RouteKey } from './route-key.ts'
import type { Route } from './route-table.ts'
import { lookUpRoute, noRoute, type RouteFound, routeCause } from './router.ts'

/** The routing decision about a packet that has come through PREROUTING. */
export type InputDecision =
  | { readonly kind: 'local' }
  /** The packet is translated onto the bridge it came from: br_netfilter sends it on without routing it. */
  | { readonly kind: 'switch' }
  | { readonly kind: 'forward'; readonly route: Route; readonly out: Link }
  | { readonly kind: 'end'; readonly end: EndKind; readonly deed: Deed; readonly cause: KernelCause }

const stop = (end: EndKind, deed: Deed, cause: KernelCause): InputDecision => ({
  kind: 'end',
  end,
  deed,
  cause,
})

const deliveredTypes: readonly string[] = ['local', 'broadcast', 'anycast', 'multicast']

/** A course of a packet, and its routing decision. */
export interface Routed {
  readonly world: World
  readonly decision: InputDecision
}

/**
 * Routes a packet that came in by `from`. There are two courses where a routing rule may or may not match.
 *
 * @param translated - whether PREROUTING changed the destination
 * @see net/ipv4/route.c `ip_route_input_slow`, net/bridge/br_netfilter_hooks.c `br_nf_pre_routing_finish`
 */
export const routeInput = (
  traffic: Traffic,
  world: World,
  from: Link,
  translated: boolean,
): readonly Routed[] => {
  const { host, run } = traffic
  const alone = (decision: InputDecision): readonly Routed[] => [{ world, decision }]
  // A looped packet keeps its route, unless it lost the route with its old destination (nf_nat_proto.c,
  // `nf_nat_ipv4_pre_routing`).
  if ((world.looped && !translated) || world.tproxy) return alone({ kind: 'local' })
  const destination = martianDestination(host, world, from, 'route')
  if (destination !== null) return alone(stop('dropped', { kind: 'drop' }, destination))
  const key = {
    destination: world.daddr,
    source: world.saddr,
    in: from.name,
    out: isLinkLocal(world.daddr) ? from.name : null,
    mark: markOf(traffic, world),
    flow: flowOf(world, false),
  }
  learnRoute(world, host.routers[world.family], key)
  const { otherwise, ...found } = lookUpRoute(host.routers[world.family], key)
  const taken = otherwise === null ? null : fork(run, world)
  if (taken !== null) part(taken, world)
  return [
    ...decide(traffic, world, from, translated, key, found),
    ...(taken === null || otherwise === null ? [] : decide(traffic, taken, from, translated, key, otherwise)),
  ]
}

const decide = (
  traffic: Traffic,
  world: World,
  from: Link,
  translated: boolean,
  { mark }: RouteKey,
  { route, by }: RouteFound,
): readonly Routed[] => {
  const { host, run } = traffic
  world.route = route
  world.routedBy = by
  if (world.viaBridge && translated && route?.type === 'unicast' && route.link === from)
    return [{ world, decision: { kind: 'switch' } }]
  const check = {
    out: route?.type === 'unicast' ? route.link : null,
    mark: marksWayBack(host, from) ? mark : 0,
  }
  const noted = countNoted(world)
  const refused = martianSource(host, world, from, check, false)
  const onward = (one: World, source: KernelCause | null): Routed => ({
    world: one,
    decision: source === null ? decideOnward(traffic, one, from) : stop('dropped', { kind: 'drop' }, source),
  })
  if (!host.routers.ip.hasDoubts) {
    // A packet with another source either passes too, or ends here.
    if (refused === null) noteStretch(world, noted, 'other')
    return [onward(world, refused)]
  }
  // The lookup of the way back to the source may depend on the same rules.
  const otherwise = martianSource(host, world, from, check, true)
  const taken = otherwise?.text === refused?.text ? null : fork(run, world)
  if (taken === null) return [onward(world, refused)]
  part(taken, world)
  return [onward(world, refused), onward(taken, otherwise)]
}

const decideOnward = (traffic: Traffic, world: World, from: Link): InputDecision => {
  if (isMulticast(world.daddr)) return { kind: 'local' }
  const taken = world.route ?? wayBack(traffic, world)
  if (taken === null) return stop('unrouted', { kind: 'unrouted' }, noRoute)
  if (deliveredTypes.includes(taken.type)) return { kind: 'local' }
  return refusal(taken, world.routedBy) ?? decideForward(traffic, world, from, taken)
}

const decideForward = ({ host }: Traffic, world: World, from: Link, route: Route): InputDecision => {
  const refused = refusesToForward(host, from, world.family)
  if (refused !== null) return stop('dropped', { kind: 'drop' }, refused)
  if (route.link === null)
    return stop(
      'unrouted',
      { kind: 'unrouted' },
      { kind: 'route', text: `route ${route.text} leads nowhere` },
    )
  if (world.family === 'ip6' && isLinkLocal(world.saddr) && route.link !== from)
    return stop(
      'rejected',
      { kind: 'reject', with: null },
      { kind: 'link-local', text: 'a link-local source is not forwarded' },
    )
  return { kind: 'forward', route, out: route.link }
}

/** The way back of an answer: hand-written facts need no route for it. */
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

/**
 * The decision of a route that refuses packets; null: the route does not refuse.
 *
 * @param by - the routing rule that led to it
 */
export const refusal = (route: Route, by: string | null): (InputDecision & { kind: 'end' }) | null => {
  if (route.type === 'blackhole')
    return { kind: 'end', end: 'dropped', deed: { kind: 'drop' }, cause: routeCause(route, by) }
  if (route.type === 'unreachable' || route.type === 'prohibit')
    return {
      kind: 'end',
      end: 'rejected',
      deed: { kind: 'reject', with: null },
      cause: routeCause(route, by),
    }
  return null
}

export const isLinkLocal = (address: number | bigint): boolean =>
  typeof address === 'bigint' && address >> 118n === 0x3fan

export const isMulticast = (address: number | bigint): boolean =>
  typeof address === 'number' ? address >>> 28 === 14 || address === 0xffffffff : address >> 120n === 0xffn

/**
 * The mark for routing. An unknown mark counts as 0, and makes the outcome only possible where rules match on marks.
 */
export const markOf = ({ host, run }: Traffic, world: World): number => {
  if (!isUnknown(world.mark)) return world.mark
  if (host.routers[world.family].rules.some(({ asksMark }) => asksMark)) run.doubtful = true
  return 0
}
