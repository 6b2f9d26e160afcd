import { type Host, routesLoopback } from './host.ts'
import { learnRoute } from './learn-route.ts'
import type { Link } from './link.ts'
import { markOf, refusal } from './route-input.ts'
import { lookUpRoute } from './router.ts'
import { endBy } from './run.ts'
import type { Traffic } from './traffic.ts'
import type { World } from './world.ts'

/** The interface a packet of the host leaves by; null where there is no way, and the packet has ended. */
const wayOut = (traffic: Traffic, world: World): Link | null => {
  const { host, run } = traffic
  const key = {
    destination: world.daddr,
    source: world.saddr,
    in: 'lo',
    out: null,
    mark: markOf(traffic, world),
  }
  learnRoute(world, host.routers[world.family], key)
  const { route, doubtful } = lookUpRoute(host.routers[world.family], key)
  if (doubtful) run.doubtful = true
  world.route = route
  if (route === null) {
    const back = host.routers[world.family].complete ? null : world.returnBy
    if (back === null) endBy(run, 'unrouted', world, 'unrouted', 'no route')
    return back
  }
  const refused = refusal(route)
  if (refused !== null) {
    endBy(run, refused.end, world, refused.verdict, refused.text)
    return null
  }
  const out = route.type === 'local' ? host.lo : (route.link ?? host.lo)
  const why = strandedLoopback(host, world, out)
  if (why === null) return out
  endBy(run, 'dropped', world, 'drop', why)
  return null
}

/** net/ipv4/route.c `__mkroute_output`: a loopback source leaves the host only where route_localnet says so. */
const strandedLoopback = (host: Host, { family, saddr }: World, out: Link): string | null =>
  family === 'ip' && out !== host.lo && Number(saddr) >>> 24 === 127 && !routesLoopback(host, out)
    ? `a loopback source does not leave by ${out.name}: route_localnet = 0`
    : null

/** Routes what a process of the host sends. False when there is no way, and the packet has ended. */
export const routeOut = (traffic: Traffic, world: World): boolean => {
  const out = wayOut(traffic, world)
  if (out !== null) world.out = out
  return out !== null
}

/**
 * Routes a packet anew from within OUTPUT; what stands behind in that hook still sees the interface it was to leave
 * by at first.
 *
 * @see net/ipv4/netfilter.c `ip_route_me_harder`, called by chains of type `route` and by NAT
 */
export const routeAgain = (traffic: Traffic, world: World): boolean => {
  const out = wayOut(traffic, world)
  if (out !== null) world.rerouted = out
  return out !== null
}
