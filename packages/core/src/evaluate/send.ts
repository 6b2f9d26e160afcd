import { conntrackStatus } from '../netfilter/index.ts'
import type { Host } from './host.ts'
import { routesLoopback } from './host.ts'
import { arrive, goOut } from './receive.ts'
import { markOf, refusal } from './route-input.ts'
import { lookUpRoute } from './router.ts'
import { endBy } from './run.ts'
import { selectSource } from './select-source.ts'
import { type Traffic, traverse } from './traverse.ts'
import type { World } from './world.ts'

/** Follows a packet that a process of the host sends, to its end. */
export const send = (traffic: Traffic, world: World): void => {
  if (!routeOut(traffic, world)) return
  const { saddr, daddr } = world
  for (const one of traverse(traffic, 'output', [world])) {
    const changed = one.saddr !== saddr || one.daddr !== daddr || one.reroute
    // DNAT, and a mark given by a `route` chain, look for another way (net/ipv4/netfilter.c `ip_route_me_harder`).
    if (changed && !routeOut(traffic, one)) continue
    transmit(traffic, one)
  }
}

/** False when there is no way, and the packet has ended. */
const routeOut = (traffic: Traffic, world: World): boolean => {
  const { host, run } = traffic
  const { route, doubtful } = lookUpRoute(host.routers[world.family], {
    destination: world.daddr,
    source: world.saddr,
    in: 'lo',
    out: null,
    mark: markOf(traffic, world),
  })
  if (doubtful) run.doubtful = true
  world.route = route
  if (route === null) {
    const back = host.routers[world.family].complete ? null : world.returnBy
    if (back === null) {
      endBy(run, 'unrouted', world, 'unrouted', 'no route')
      return false
    }
    world.out = back
    return true
  }
  const refused = refusal(route)
  if (refused !== null) {
    endBy(run, refused.end, world, refused.verdict, refused.text)
    return false
  }
  world.out = route.type === 'local' ? host.lo : (route.link ?? host.lo)
  if (world.out !== host.lo && isLoopback(world.saddr)) {
    // __mkroute_output: a loopback source leaves the host only where route_localnet says so.
    if (world.family === 'ip6' || !routesLoopback(host, world.out)) {
      endBy(
        run,
        'dropped',
        world,
        'drop',
        `a loopback source does not leave by ${world.out.name}: route_localnet = 0`,
      )
      return false
    }
  }
  return true
}

const isLoopback = (address: number | bigint): boolean =>
  typeof address === 'number' ? address >>> 24 === 127 : address === 1n

const transmit = (traffic: Traffic, world: World): void => {
  const { host } = traffic
  for (const one of traverse(traffic, 'postrouting', [world])) {
    if (one.out !== host.lo) {
      goOut(traffic, [one])
      continue
    }
    one.in = host.lo
    one.out = null
    one.looped = true
    // It has left once already (net/netfilter/nf_conntrack_proto.c, `nf_confirm`).
    if (one.tracking === 'tracked') one.status |= conntrackStatus.confirmed
    // What belongs to no entry carries none, and is looked up again as it comes in.
    if (one.tracking === 'none') {
      one.tracking = 'pending'
      one.zone = 0
    }
    arrive(traffic, one, host.lo)
  }
}

/** The source a socket that is bound to no address gets. */
export const chooseSource = (host: Host, world: Pick<World, 'family' | 'daddr'>): number | bigint => {
  const { route } = lookUpRoute(host.routers[world.family], {
    destination: world.daddr,
    source: null,
    in: 'lo',
    out: null,
    mark: 0,
  })
  // A secondary address is reached from the primary one: its local route says so (net/ipv4/fib_frontend.c
  // `fib_add_ifaddr`, net/ipv4/route.c `ip_route_output_key_hash_rcu`).
  const chosen = route?.source ?? null
  if (chosen !== null) return chosen
  if (route?.type === 'local') return world.daddr
  const out = route?.link ?? host.lo
  const unspecified = world.family === 'ip' ? 0 : 0n
  return selectSource(host, world.family, out, route?.gateway ?? world.daddr) ?? unspecified
}
