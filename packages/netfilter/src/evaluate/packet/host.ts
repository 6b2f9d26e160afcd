import { type Family, prefixAround } from '../../address/index.ts'
import { containsAddress } from '../../address/prefix.ts'
import {
  effectiveSysctl,
  type HostFacts,
  type HostSysctl,
  type LinkSysctl,
  linkSysctlName,
} from '../../facts/index.ts'
import { findLink, type Link, readLinks } from '../route/link.ts'
import { buildRouter, lookUpLocal, type Router } from '../route/router.ts'
import { bySysctl, type KernelCause } from '../trace/kernel-cause.ts'

type LinkName = Pick<Link, 'name'>

/** The facts of a host, indexed for lookups. */
export interface Host {
  readonly links: Map<string, Link>
  readonly lo: Link
  readonly routers: Readonly<Record<Family, Router>>
  /** The ports of each bridge, bond, team and VRF that is known to have any. */
  readonly ports: ReadonlyMap<string, readonly Link[]>
  readonly sysctl: (name: HostSysctl) => string | null
  /** The value in force on an interface; null where the facts do not tell it. */
  readonly linkSysctl: <Version extends 'ipv4' | 'ipv6'>(
    version: Version,
    link: LinkName,
    key: LinkSysctl<Version>,
  ) => number | null
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
    linkSysctl: rememberedSysctls(sysctls),
  }
}

/** Caches the sysctls of interfaces: every packet needs them. */
const rememberedSysctls = (sysctls: Readonly<Record<string, string>>): Host['linkSysctl'] => {
  // By key, then by link: two lookups cost less than a full name built for each packet.
  const known = { ipv4: new Map<string, Map<string, number | null>>(), ipv6: new Map() }
  return (version, link, key) => {
    const ofVersion: Map<string, Map<string, number | null>> = known[version]
    let ofKey = ofVersion.get(key)
    if (ofKey === undefined) {
      ofKey = new Map()
      ofVersion.set(key, ofKey)
    }
    const remembered = ofKey.get(link.name)
    if (remembered !== undefined) return remembered
    const value = effectiveSysctl(sysctls, version, link.name, key)
    ofKey.set(link.name, value)
    return value
  }
}

/**
 * The reason why packets from this interface are not forwarded; null: they are forwarded. IPv4 reads the interface's
 * sysctl. IPv6 reads that of the host and, since Linux 6.17, `force_forwarding` of the interface
 * (net/ipv6/ip6_output.c, `ip6_forward`). A host counts as a router where the facts do not tell.
 */
export const refusesToForward = (host: Host, link: Link, family: Family): KernelCause | null => {
  if (family === 'ip6') {
    const isRouter = (host.linkSysctl('ipv6', all, 'forwarding') ?? 1) !== 0
    return isRouter || isOn(host.linkSysctl('ipv6', link, 'force_forwarding'))
      ? null
      : bySysctl('forwarding', 'net.ipv6.conf.all.forwarding', 0)
  }
  const value = host.linkSysctl('ipv4', link, 'forwarding') ?? Number(host.sysctl('net.ipv4.ip_forward') ?? 1)
  return value === 0 ? bySysctl('forwarding', nameOn(link, 'forwarding'), 0) : null
}

const all = { name: 'all' }

const isOn = (value: number | null): boolean => value !== null && value !== 0

/** The name of an interface's IPv4 sysctl. */
export const nameOn = ({ name }: LinkName, key: LinkSysctl<'ipv4'>): string =>
  linkSysctlName('ipv4', name, key)

/** IN_DEV_ROUTE_LOCALNET. */
export const routesLoopback = (host: Host, link: Link): boolean =>
  isOn(host.linkSysctl('ipv4', link, 'route_localnet'))

/** IN_DEV_RPFILTER: 0 off, 1 strict, 2 loose. `isGeneral`: the value of all interfaces decides. */
export interface ReversePathFilter {
  readonly effective: number
  readonly isGeneral: boolean
}

export const reversePathFilter = (host: Host, link: Link): ReversePathFilter => {
  const effective = host.linkSysctl('ipv4', link, 'rp_filter') ?? 0
  const general = host.linkSysctl('ipv4', all, 'rp_filter') ?? 0
  return { effective, isGeneral: general >= effective }
}

/** The cause of a refusal by the filter. It names the interface's sysctl, which can change without those of others. */
export const byReversePathFilter = (
  link: Link,
  { effective, isGeneral }: ReversePathFilter,
  before: string,
): KernelCause => {
  const more = isGeneral ? ` (${nameOn(all, 'rp_filter')} counts where it is greater)` : ''
  return bySysctl('rp_filter', nameOn(link, 'rp_filter'), effective, before, more)
}

/** IN_DEV_ACCEPT_LOCAL. */
export const acceptsLocal = (host: Host, link: Link): boolean =>
  isOn(host.linkSysctl('ipv4', link, 'accept_local'))

/** IN_DEV_SRC_VMARK: the way back to a source is looked up with the packet's mark. */
export const marksWayBack = (host: Host, link: Link): boolean =>
  isOn(host.linkSysctl('ipv4', link, 'src_valid_mark'))

/** Whether the kernel drops all IPv6 packets that come in by this interface (net/ipv6/ip6_input.c, `ip6_rcv_core`). */
export const refusesIp6 = (host: Host, link: Link): boolean =>
  isOn(host.linkSysctl('ipv6', link, 'disable_ipv6'))

/** Whether br_netfilter passes the frames that this bridge switches to the IP hooks. */
export const bridgeCallsHooks = (host: Host, bridge: Link, family: Family): boolean => {
  const tool = family === 'ip' ? 'iptables' : 'ip6tables'
  return bridge.callsHooks[family] || (host.sysctl(`net.bridge.bridge-nf-call-${tool}`) ?? '0') !== '0'
}

/** Whether an interface is a bridge. A bond, a team and a VRF have ports as well. Facts may leave out the kind. */
export const isBridge = (host: Host, link: Link): boolean =>
  link.kind === 'bridge' || (link.kind === null && host.ports.has(link.name))

/** Whether the host itself has the address, on any interface. */
export const isLocalAddress = (host: Host, family: Family, address: number | bigint): boolean =>
  lookUpLocal(host.routers[family], address)?.type === 'local'

/** Whether the address belongs to a neighbour on this interface, by the interface's own prefixes. */
export const isOnLink = (link: Link, family: Family, address: number | bigint): boolean =>
  link.addresses.some(
    ({ address: own, length }) =>
      own.family === family &&
      containsAddress(
        prefixAround(own, length),
        family === 'ip' ? { family, value: Number(address) } : { family, value: BigInt(address) },
      ),
  )
