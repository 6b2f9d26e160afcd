import { formatAddress } from '../address/index.ts'
import { acceptsLocal, type Host, isLocalAddress, reversePathFilter, routesLoopback } from './host.ts'
import { learnRoute } from './learn-route.ts'
import type { Link } from './link.ts'
import { lookUpRoute } from './router.ts'
import type { World } from './world.ts'

/** IPv6 looks at the header before PREROUTING (ip6_input.c), IPv4 while it routes (route.c). */
type When = 'header' | 'route'

const isLoopback = (address: number | bigint): boolean =>
  typeof address === 'number' ? address >>> 24 === 127 : address === 1n

const textOf = ({ family }: World, value: number | bigint): string =>
  formatAddress(family === 'ip' ? { family, value: Number(value) } : { family, value: BigInt(value) })

/**
 * Why a destination cannot have come over this interface; null when it can.
 * @see net/ipv4/route.c `ip_route_input_slow`, net/ipv6/ip6_input.c `ip6_rcv_core`
 */
export const martianDestination = (host: Host, world: World, from: Link, when: When): string | null => {
  const { daddr, family } = world
  if (from === host.lo) return null
  const words = `martian destination ${textOf(world, daddr)} on ${from.name}`
  // Routing asks for the very interface of ::1 (net/ipv6/route.c, `rt6_need_strict`), though translation led there.
  if (family === 'ip6') return isLoopback(daddr) ? words : null
  if (when === 'header') return null
  if (isLoopback(daddr) && !routesLoopback(host, from))
    return `${words}: net.ipv4.conf.${from.name}.route_localnet = 0`
  return Number(daddr) >>> 24 === 0 ? words : null
}

/**
 * Why a source cannot have come over this interface; null when it can.
 * @see net/ipv4/fib_frontend.c `fib_validate_source`
 */
export const martianSource = (host: Host, world: World, from: Link, when: When): string | null => {
  const { saddr, daddr, family } = world
  const words = `martian source ${textOf(world, saddr)} on ${from.name}`
  if (from === host.lo)
    return when === 'route' && family === 'ip' && world.looped
      ? validateSource(host, world, from, words)
      : null
  if (family === 'ip6')
    return when === 'header' && (isLoopback(saddr) || BigInt(saddr) >> 120n === 0xffn) ? words : null
  if (when === 'header') return null
  const top = Number(saddr) >>> 24
  if (top >= 224 || (top === 0 && Number(saddr) !== 0)) return words
  if (isLoopback(saddr) && !isLoopback(daddr) && !routesLoopback(host, from))
    return `${words}: net.ipv4.conf.${from.name}.route_localnet = 0`
  return validateSource(host, world, from, words)
}

const validateSource = (host: Host, world: World, from: Link, words: string): string | null => {
  const router = host.routers.ip
  const filter = reversePathFilter(host, from)
  if (filter === 0) {
    // Looking for its own address is all it does (the fast path), unless rules or local routes are unusual.
    return isLocalAddress(host, 'ip', world.saddr) && !acceptsLocal(host, from) ? words : null
  }
  const key = { destination: world.saddr, source: world.daddr, in: from.name, out: null, mark: 0 }
  learnRoute(world, router, key)
  const { route } = lookUpRoute(router, key)
  const why = `${words}: net.ipv4.conf.${from.name}.rp_filter = ${filter}`
  if (route === null) return router.complete ? why : null
  if (route.type !== 'unicast' && !(route.type === 'local' && acceptsLocal(host, from))) return words
  return filter === 1 && route.link !== from ? why : null
}
