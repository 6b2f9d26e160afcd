import { addressType, type FibExpression } from '../../model/index.ts'
import type { Host } from '../packet/host.ts'
import type { World } from '../packet/world.ts'
import type { Link } from '../route/link.ts'
import type { Route } from '../route/route-table.ts'
import { lookUpLocal, lookUpRoute } from '../route/router.ts'
import type { Read } from './read.ts'
import { isUnknown, type Reading, unknownValue } from './reading.ts'

const numbers: Readonly<Record<string, number>> = addressType

/** Compiles the reader of `fib` and `addrtype`. */
export const compileFib = ({ of, result, limit, mark }: FibExpression, host: Host): Read => {
  const linkOf = (world: World): Link | null =>
    limit === 'in' ? world.in : limit === 'out' ? world.out : null
  if (result === 'type')
    return (world) => {
      const link = linkOf(world)
      return world.family === 'ip'
        ? type4(host, world[of], link)
        : type6(host, world[of], link, world.protocol)
    }
  return (world) => {
    const link = linkOf(world)
    const found = routeOf(host, world, of, link, mark)
    if (found === 'doubtful') return unknownValue
    const out = found?.link ?? null
    if (result === 'present') return out === null ? 0 : 1
    return result === 'oifname' ? (out?.name ?? '') : out === null ? 0 : (out.index ?? unknownValue)
  }
}

/** The type of an IPv4 address, from the local table alone (net/ipv4/fib_frontend.c `__inet_dev_addr_type`). */
const type4 = (host: Host, address: number | bigint, link: Link | null): Reading => {
  const value = Number(address)
  const top = value >>> 24
  if (top === 0 || value === 0xffffffff) return addressType.broadcast
  if (top >= 224 && top <= 239) return addressType.multicast
  const route = lookUpLocal(host.routers.ip, value)
  if (route === null || (link !== null && route.link !== link)) return addressType.unicast
  return numbers[route.type] ?? addressType.unicast
}

/** The type of an IPv6 address, from a whole lookup (net/ipv6/netfilter/nft_fib_ipv6.c `__nft_fib6_eval_type`). */
const type6 = (host: Host, address: number | bigint, link: Link | null, protocol: number): Reading => {
  if (BigInt(address) >> 120n === 0xffn) return addressType.multicast
  const router = host.routers.ip6
  const local = lookUpLocal(router, address)
  if (local?.type === 'local' && (link === null || local.link === link)) return addressType.local
  if (local?.type === 'anycast') return addressType.anycast
  const { route, doubtful } = lookUpRoute(router, {
    destination: address,
    source: null,
    in: 'lo',
    out: null,
    mark: 0,
    flow: { protocol, sport: 0, dport: 0, user: 0 },
  })
  if (doubtful) return unknownValue
  if (route === null) return router.complete ? addressType.unreachable : addressType.unicast
  return route.type === 'local' ? addressType.unicast : (numbers[route.type] ?? addressType.unicast)
}

/**
 * The route to an address. A route by another interface is no route (net/ipv4/netfilter/nft_fib_ipv4.c
 * `nft_fib4_eval`).
 */
const routeOf = (
  host: Host,
  world: World,
  of: 'saddr' | 'daddr',
  link: Link | null,
  useMark: boolean,
): Pick<Route, 'link'> | null | 'doubtful' => {
  if (world.in === host.lo) {
    if (world.hook === 'prerouting') return { link: world.in }
    // Kernels since 6.16 look up nothing at INPUT either, and before that a local source had no route
    // (include/net/netfilter/nft_fib.h `nft_fib_can_skip`).
    if (world.hook === 'input') return 'doubtful'
  }
  if (useMark && isUnknown(world.mark)) return 'doubtful'
  const forwardReverse = world.hook === 'forward' && of === 'saddr'
  const { route, doubtful } = lookUpRoute(host.routers[world.family], {
    destination: world[of],
    source: of === 'saddr' ? world.daddr : world.saddr,
    in: forwardReverse && world.out !== null ? world.out.name : 'lo',
    out: null,
    mark: useMark && typeof world.mark === 'number' ? world.mark : 0,
    // Neither nft's expression nor iptables' match passes the ports.
    flow: { protocol: world.family === 'ip' ? 0 : world.protocol, sport: 0, dport: 0, user: 0 },
  })
  if (doubtful) return 'doubtful'
  if (route === null || route.link === null || route.type === 'local') return null
  return link === null || route.link === link ? route : null
}
