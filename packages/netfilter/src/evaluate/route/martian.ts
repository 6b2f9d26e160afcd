import { formatAddress } from '../../address/index.ts'
import { linkSysctlName } from '../../facts/index.ts'
import { learnRoute } from '../learn/learn-route.ts'
import {
  acceptsLocal,
  byReversePathFilter,
  type Host,
  isLocalAddress,
  nameOn,
  refusesIp6,
  reversePathFilter,
  routesLoopback,
} from '../packet/host.ts'
import { swapOrigins } from '../packet/origins.ts'
import type { World } from '../packet/world.ts'
import { bySysctl, type KernelCause } from '../trace/kernel-cause.ts'
import type { Link } from './link.ts'
import { flowOf, type RouteKey, wayBackOf } from './route-key.ts'
import type { Route } from './route-table.ts'
import { lookUpRoute, routeCause } from './router.ts'

/**
 * When addresses are checked: IPv6 looks at the header before PREROUTING (ip6_input.c), IPv4 while it routes (route.c).
 */
type When = 'header' | 'route'

const isLoopback = (address: number | bigint): boolean =>
  typeof address === 'number' ? address >>> 24 === 127 : address === 1n

const textOf = ({ family }: World, value: number | bigint): string =>
  formatAddress(family === 'ip' ? { family, value: Number(value) } : { family, value: BigInt(value) })

/**
 * The reason why this destination must not come in by this interface; null: it may.
 * @see net/ipv4/route.c `ip_route_input_slow`, net/ipv6/ip6_input.c `ip6_rcv_core`
 */
export const martianDestination = (host: Host, world: World, from: Link, when: When): KernelCause | null => {
  const { daddr, family } = world
  if (from === host.lo) return null
  const words = (): string => `martian destination ${textOf(world, daddr)} on ${from.name}`
  // Routing requires the interface of ::1 (net/ipv6/route.c, `rt6_need_strict`), also after a translation.
  if (family === 'ip6') return isLoopback(daddr) ? { kind: 'martian', text: words() } : null
  if (when === 'header') return null
  if (isLoopback(daddr) && !routesLoopback(host, from))
    return bySysctl('route_localnet', nameOn(from, 'route_localnet'), 0, `${words()}: `)
  return Number(daddr) >>> 24 === 0 ? { kind: 'martian', text: words() } : null
}

/** The routing of a packet, for the check of its source. */
export interface SourceCheck {
  /** The interface that it leaves by; null: it stays on this host. */
  readonly out: Link | null
  /** The mark for the lookup of the way back to the source. */
  readonly mark: number
}

/**
 * The reason why the header of a packet keeps it from coming in by this interface; null: it may come in.
 * @see net/ipv6/ip6_input.c `ip6_rcv_core`
 */
export const refusedHeader = (host: Host, world: World, from: Link): KernelCause | null => {
  const { saddr, family } = world
  if (family === 'ip') return null
  if (!world.bridged && refusesIp6(host, from))
    return bySysctl('disable_ipv6', linkSysctlName('ipv6', from.name, 'disable_ipv6'), 1)
  if (from === host.lo) return null
  return isLoopback(saddr) || BigInt(saddr) >> 120n === 0xffn ? martian(world, from) : null
}

/**
 * The reason why this source must not come in by this interface; null: it may.
 *
 * @param trust - whether routing rules that may match are taken to match
 * @see net/ipv4/route.c `ip_route_input_slow`, net/ipv4/fib_frontend.c `fib_validate_source`
 */
export const martianSource = (
  host: Host,
  world: World,
  from: Link,
  check: SourceCheck,
  trust: boolean,
): KernelCause | null => {
  const { saddr, daddr, family } = world
  if (family === 'ip6') return null
  if (from === host.lo) return world.looped ? validateSource(host, world, from, check, trust) : null
  const top = Number(saddr) >>> 24
  if (top >= 224 || (top === 0 && Number(saddr) !== 0)) return martian(world, from)
  if (isLoopback(saddr) && !isLoopback(daddr) && !routesLoopback(host, from))
    return bySysctl('route_localnet', nameOn(from, 'route_localnet'), 0, `${martian(world, from).text}: `)
  return validateSource(host, world, from, check, trust)
}

const martian = (world: World, from: Link): KernelCause => ({
  kind: 'martian',
  text: `martian source ${textOf(world, world.saddr)} on ${from.name}`,
})

const validateSource = (
  host: Host,
  world: World,
  from: Link,
  { out, mark }: SourceCheck,
  trust: boolean,
): KernelCause | null => {
  const router = host.routers.ip
  const asked = reversePathFilter(host, from)
  const filter = asked.effective
  // Without the filter, the kernel refuses only its own addresses as source, unless rules or local routes are unusual.
  if (filter === 0)
    return !acceptsLocal(host, from) && isLocalAddress(host, 'ip', world.saddr) ? martian(world, from) : null
  const key = {
    destination: world.saddr,
    source: world.daddr,
    // For the lookup of the way back, the incoming interface is the one that this packet leaves by.
    in: (out ?? host.lo).name,
    out: null,
    mark,
    flow: wayBackOf(flowOf(world, false)),
  }
  learnRoute(world, router, key, swapOrigins(world.origins))
  const { otherwise, ...found } = lookUpRoute(router, key)
  const { route, by } = trust ? (otherwise ?? found) : found
  const why = (): KernelCause => byReversePathFilter(from, asked, `${martian(world, from).text}: `)
  if (route === null) return router.complete ? why() : null
  // For the filter, such a route is none: the lookup fails.
  if (refusing.includes(route.type)) return by === null ? why() : routeCause(route, by)
  if (route.type !== 'unicast' && !(route.type === 'local' && acceptsLocal(host, from)))
    return martian(world, from)
  if (leadsBackBy(router, key, route, from) || (route.type === 'local' && from === host.lo)) return null
  // An interface without an address is not trusted by the loose filter either (`no_addr`).
  const hasAddress = from.addresses.some(({ address }) => address.family === 'ip')
  return filter === 1 || (!hasAddress && router.complete) ? why() : null
}

const refusing: readonly string[] = ['blackhole', 'unreachable', 'prohibit']

/**
 * Whether the interface is a next hop of the route (`fib_info_nh_uses_dev`). Here, each next hop is a route of its own.
 */
const leadsBackBy = (router: Host['routers']['ip'], key: RouteKey, route: Route, from: Link): boolean => {
  if (route.link === from) return true
  const { route: other } = lookUpRoute(router, { ...key, out: from.name })
  return (
    other !== null &&
    other.link === from &&
    other.type === route.type &&
    other.length === route.length &&
    other.metric === route.metric &&
    other.table === route.table
  )
}
