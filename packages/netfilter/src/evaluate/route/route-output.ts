import { learnRoute } from '../learn/learn-route.ts'
import { type Host, routesLoopback } from '../packet/host.ts'
import type { Traffic } from '../packet/traffic.ts'
import { part, type World } from '../packet/world.ts'
import type { KernelCause } from '../trace/kernel-cause.ts'
import { endBy, fork } from '../walk/run.ts'
import type { Link } from './link.ts'
import { isLinkLocal, markOf, refusal } from './route-input.ts'
import { flowOf } from './route-key.ts'
import { lookUpRoute, noRoute, type RouteFound } from './router.ts'

/** A course that a packet of the host takes, and the interface it leaves by. */
interface WayOut {
  readonly world: World
  readonly out: Link
}

/**
 * The ways out for a packet of the host. There are two where a routing rule may or may not match. There is none without
 * a route, and the packet has ended.
 */
const waysOut = (traffic: Traffic, world: World): readonly WayOut[] => {
  const { host, run } = traffic
  const key = {
    destination: world.daddr,
    source: world.saddr,
    in: 'lo',
    // An answer to a link-local address leaves by the interface that was asked (net/ipv6/tcp_ipv6.c `tcp_v6_init_req`,
    // net/ipv6/icmp.c `icmpv6_echo_reply`).
    out: isLinkLocal(world.daddr) ? (world.returnBy?.name ?? null) : null,
    mark: markOf(traffic, world),
    flow: flowOf(world, true),
  }
  learnRoute(world, host.routers[world.family], key)
  const { otherwise, ...found } = lookUpRoute(host.routers[world.family], key)
  const taken = otherwise === null ? null : fork(run, world)
  if (taken !== null) part(taken, world)
  const ways = [wayOut(traffic, world, found)]
  if (taken !== null && otherwise !== null) ways.push(wayOut(traffic, taken, otherwise))
  return ways.filter((way) => way !== null)
}

const wayOut = (traffic: Traffic, world: World, { route, by }: RouteFound): WayOut | null => {
  const { host, run } = traffic
  world.route = route
  world.routedBy = by
  if (route === null) {
    const back = host.routers[world.family].complete ? null : world.returnBy
    if (back !== null) return { world, out: back }
    endBy(run, 'unrouted', world, { kind: 'unrouted' }, noRoute)
    return null
  }
  const refused = refusal(route, by)
  if (refused !== null) {
    endBy(run, refused.end, world, refused.deed, refused.cause)
    return null
  }
  const out = route.type === 'local' ? host.lo : (route.link ?? host.lo)
  const why = strandedLoopback(host, world, out)
  if (why === null) return { world, out }
  endBy(run, 'dropped', world, { kind: 'drop' }, why)
  return null
}

/** net/ipv4/route.c `__mkroute_output`: a loopback source leaves the host only where route_localnet says so. */
const strandedLoopback = (host: Host, { family, saddr }: World, out: Link): KernelCause | null =>
  family === 'ip' && out !== host.lo && Number(saddr) >>> 24 === 127 && !routesLoopback(host, out)
    ? {
        kind: 'sysctl',
        setting: 'route_localnet',
        name: null,
        value: 0,
        text: `a loopback source does not leave by ${out.name}: route_localnet = 0`,
      }
    : null

/** Routes a packet that a process of the host sends. A packet without a route has ended. */
export const routeOut = (traffic: Traffic, world: World): World[] =>
  waysOut(traffic, world).map(({ world: one, out }) => {
    one.out = out
    return one
  })

/**
 * Routes a packet again within OUTPUT. Later chains of that hook still see the interface of the first route.
 *
 * @see net/ipv4/netfilter.c `ip_route_me_harder`, called by chains of type `route` and by NAT
 */
export const routeAgain = (traffic: Traffic, world: World): World[] =>
  waysOut(traffic, world).map(({ world: one, out }) => {
    one.rerouted = out
    return one
  })
