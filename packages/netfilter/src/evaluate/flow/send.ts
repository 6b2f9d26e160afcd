import { conntrackStatus } from '../../model/index.ts'
import type { Host } from '../packet/host.ts'
import type { Traffic } from '../packet/traffic.ts'
import type { World } from '../packet/world.ts'
import { routeOut } from '../route/route-output.ts'
import { lookUpRoute } from '../route/router.ts'
import { selectSource } from '../route/select-source.ts'
import { traverse } from '../walk/traverse.ts'
import { arrive, goOut } from './receive.ts'

/** Follows a packet that a process of the host sends, to its end. */
export const send = (traffic: Traffic, world: World): void => {
  for (const one of traverse(traffic, 'output', routeOut(traffic, world))) {
    if (one.rerouted !== null) one.out = one.rerouted
    transmit(traffic, one)
  }
}

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
    // The packet has left once, which confirms its entry (net/netfilter/nf_conntrack_proto.c, `nf_confirm`).
    if (one.tracking === 'tracked') one.status |= conntrackStatus.confirmed
    // A packet without an entry is looked up again when it comes in.
    if (one.tracking === 'none') {
      one.tracking = 'pending'
      one.zone = 0
      one.zoneWay = 'both'
    }
    arrive(traffic, one, host.lo)
  }
}

/** The source that the kernel chooses for a socket bound to no address. */
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
