import { type Family, prefixAround } from '../address/index.ts'
import { containsAddress } from '../address/prefix.ts'
import type { HostFacts } from '../facts/index.ts'
import { findLink, type Link, readLinks } from './link.ts'
import { buildRouter, lookUpLocal, type Router } from './router.ts'

/** Facts of a host, ready to be asked. */
export interface Host {
  readonly links: Map<string, Link>
  readonly lo: Link
  readonly routers: Readonly<Record<Family, Router>>
  /** The ports of each bridge that is known to have any. */
  readonly ports: ReadonlyMap<string, readonly Link[]>
  readonly sysctl: (name: string) => string | null
  readonly perLink: Map<string, number>
}

export const readHostFacts = (facts: HostFacts): Host => {
  const links = readLinks(facts)
  const ports = new Map<string, Link[]>()
  for (const link of links.values()) {
    if (link.master === null) continue
    const of = ports.get(link.master)
    if (of === undefined) ports.set(link.master, [link])
    else of.push(link)
  }
  const { sysctls = {} } = facts
  return {
    links,
    lo: findLink(links, 'lo'),
    routers: { ip: buildRouter(facts, 'ip', links), ip6: buildRouter(facts, 'ip6', links) },
    ports,
    sysctl: (name) => (Object.hasOwn(sysctls, name) ? (sysctls[name] ?? null) : null),
    perLink: new Map(),
  }
}

/**
 * A per-interface sysctl as the kernel reads it. `own`: the interface's (from `default` or `all` where it is not
 * known); `or`: it or `all` (IN_DEV_ORCONF); `max`: the greater (IN_DEV_MAXCONF).
 */
const linkSysctl = (
  host: Host,
  link: Link,
  key: string,
  how: 'own' | 'or' | 'max',
  absent: number,
): number => {
  const cache = `${key} ${link.name}`
  const known = host.perLink.get(cache)
  if (known !== undefined) return known
  const read = (name: string): number | null => {
    const text = host.sysctl(`net.ipv4.conf.${name}.${key}`)
    return text === null ? null : Number(text)
  }
  const own = read(link.name.replaceAll('.', '/'))
  const all = read('all')
  const value =
    how === 'own' ? (own ?? all ?? absent) : Math.max(own ?? absent, all ?? (own === null ? absent : 0))
  host.perLink.set(cache, value)
  return value
}

/**
 * Is what comes in by this interface forwarded? IPv4 asks the interface, IPv6 the host (net/ipv6/ip6_output.c,
 * `ip6_forward`). Facts that say nothing of it are taken for a router's.
 */
export const forwards = (host: Host, link: Link, family: Family): boolean => {
  if (family === 'ip6') return (host.sysctl('net.ipv6.conf.all.forwarding') ?? '1') !== '0'
  return linkSysctl(host, link, 'forwarding', 'own', Number(host.sysctl('net.ipv4.ip_forward') ?? 1)) !== 0
}

/** IN_DEV_ROUTE_LOCALNET. */
export const routesLoopback = (host: Host, link: Link): boolean =>
  linkSysctl(host, link, 'route_localnet', 'or', 0) !== 0

/** IN_DEV_RPFILTER: 0 off, 1 strict, 2 loose. */
export const reversePathFilter = (host: Host, link: Link): number =>
  linkSysctl(host, link, 'rp_filter', 'max', 0)

/** IN_DEV_ACCEPT_LOCAL. */
export const acceptsLocal = (host: Host, link: Link): boolean =>
  linkSysctl(host, link, 'accept_local', 'or', 0) !== 0

/** Does br_netfilter show what this bridge switches to the IP hooks? */
export const bridgeCallsHooks = (host: Host, bridge: Link, family: Family): boolean => {
  const tool = family === 'ip' ? 'iptables' : 'ip6tables'
  return bridge.callsHooks[family] || (host.sysctl(`net.bridge.bridge-nf-call-${tool}`) ?? '0') !== '0'
}

export const isBridge = (host: Host, link: Link): boolean =>
  link.kind === 'bridge' || host.ports.has(link.name)

/** Is the address the host's own, on any interface? */
export const isLocalAddress = (host: Host, family: Family, address: number | bigint): boolean =>
  lookUpLocal(host.routers[family], address)?.type === 'local'

/** Is the address a neighbour's on this interface, by the interface's own prefixes? */
export const isOnLink = (link: Link, family: Family, address: number | bigint): boolean =>
  link.addresses.some(
    ({ address: own, length }) =>
      own.family === family &&
      containsAddress(
        prefixAround(own, length),
        family === 'ip' ? { family, value: Number(address) } : { family, value: BigInt(address) },
      ),
  )
