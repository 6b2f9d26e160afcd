import type { Family, HostFacts } from '@portolan/netfilter'
import type { Link } from '@portolan/netfilter/analysis'
import {
  destinationClasses,
  type Host,
  intersectRanges,
  isBridge,
  isEmptySet,
  isLocalAddress,
  lookUpRoute,
  type RangeSet,
  rangeSet,
  subtractRanges,
  uniteRanges,
} from '@portolan/netfilter/analysis'
import type { DesiredNetwork, DesiredState } from '../../contract/index.ts'
import { parseBridgeAlias } from '../../contract/index.ts'
import { isWire } from '../../contract/outward-interfaces.ts'
import { type Subnet, subnetsOf } from './subnets.ts'

/** A way by which other machines reach the host. */
export interface Entry {
  readonly name: string
  /** The world is behind it: it has a default route, or nothing has. */
  readonly isUplink: boolean
  /** What is behind it runs on this host: containers or guests of another engine. */
  readonly isEngine: boolean
  /** The machines behind it: the addresses that are answered by this way. */
  readonly sources: RangeSet
}

/** The host as one family of packets finds it. */
export interface Surroundings {
  readonly entries: readonly Entry[]
  /** Ways that are not looked at, as there are too many. */
  readonly unseenEntries: readonly string[]
  /** False: there are too many routes to tell which machines are behind which interface. */
  readonly knowsRoutes: boolean
  /** The host's own addresses, of interfaces and of local routes; loopback left out. */
  readonly addresses: RangeSet
  /** Those that are not on a bridge of ours. */
  readonly foreignAddresses: RangeSet
  /** Those that machines may call: neither on a bridge nor on a dummy, unless the world is behind it. */
  readonly calledAddresses: RangeSet
  /** Of these, those of the interfaces that machines are behind. */
  readonly knownAddresses: RangeSet
  /** The host speaks to itself: a namespace whose lo is down does not. */
  readonly hasLoopback: boolean
  /** A set by its name, made once: what is learnt of one set is remembered by the set itself. */
  readonly named: (name: string, make: () => RangeSet) => RangeSet
  /** Everything that is not on this host and that a route is for. */
  readonly outside: RangeSet
  /** Addresses that are neither the host's nor of the project's networks, whether a route leads there or not. */
  readonly elsewhere: RangeSet
  /** The project's subnets of the family, by their network. */
  readonly subnets: ReadonlyMap<DesiredNetwork, Subnet>
}

/** More side entries than this (a container each, on some hosts) are not all looked at. */
export const MOST_SIDE_ENTRIES = 128

/** Addresses that no packet is sent from: this network, loopback, multicast; link-local in IPv6 (the contract's own rule). */
export const neverSources: Readonly<Record<Family, RangeSet>> = {
  ip: rangeSet([
    { first: 0, last: 0x00ffffff },
    { first: 0x7f000000, last: 0x7fffffff },
    { first: 0xe0000000, last: 0xffffffff },
  ]),
  ip6: rangeSet([
    // IPv4-compatible and IPv4-mapped addresses, and 6to4 (RFC 4291, RFC 7526).
    { first: 0n, last: 0xffffffffffffn },
    { first: 0x2002n << 112n, last: (0x2003n << 112n) - 1n },
    { first: 0xfe80n << 112n, last: (0xfec0n << 112n) - 1n },
    { first: 0xffn << 120n, last: (1n << 128n) - 1n },
  ]),
}

const everything: Readonly<Record<Family, RangeSet>> = {
  ip: { starts: [0], ends: [0xffffffff] },
  ip6: { starts: [0n], ends: [(1n << 128n) - 1n] },
}

/** Reads off a host which machines can reach it, and by which way. */
export const surroundingsOf = (
  host: Host,
  { interfaces = [], routes = [] }: HostFacts,
  desired: DesiredState,
  family: Family,
): Surroundings => {
  const bridges = new Set(desired.networks.map(({ bridge }) => bridge))
  // Those of other projects are behind their own guard.
  for (const { name, alias } of interfaces) if (parseBridgeAlias(alias) !== null) bridges.add(name ?? '')
  const links = [...host.links.values()].filter(
    (link) => link !== host.lo && link.up && !bridges.has(link.name) && !isLeg(host, link),
  )
  const behind = sourcesBehind(host, family, routes.length > 0)
  const all = [...host.links.values()]
  const addresses = subtractRanges(
    uniteRanges([ownedBy(all, family), ...(behind === null ? [] : [behind.local])]),
    neverSources[family],
  )
  const subnets = subnetsOf(desired, family)
  const taken = [neverSources[family], addresses, ...[...subnets.values()].map(({ whole }) => whole)].reduce(
    (left, set) => subtractRanges(left, set),
    everything[family],
  )
  const uplinks = uplinkNames(host, family, links)
  const isWired = (link: Link): boolean => isWire(link, host.ports.get(link.name) ?? [])
  // Addresses of lo are those of a service on this host.
  const isCalled = (link: Link): boolean => uplinks.has(link.name) || link === host.lo || isWired(link)
  const entries = links.flatMap((link): Entry[] => {
    const sources = intersectRanges(behind?.answered(link.name) ?? everything[family], taken)
    return isEmptySet(sources)
      ? []
      : [
          {
            name: link.name,
            isUplink: uplinks.has(link.name),
            isEngine: !uplinks.has(link.name) && !isWired(link),
            sources,
          },
        ]
  })
  const sides = entries.filter(({ isUplink }) => !isUplink)
  return {
    entries: [...entries.filter(({ isUplink }) => isUplink), ...sides.slice(0, MOST_SIDE_ENTRIES)],
    unseenEntries: sides.slice(MOST_SIDE_ENTRIES).map(({ name }) => name),
    knowsRoutes: behind !== null,
    addresses,
    foreignAddresses: subtractRanges(
      addresses,
      ownedBy(
        all.filter(({ name }) => bridges.has(name)),
        family,
      ),
    ),
    calledAddresses: subtractRanges(
      addresses,
      ownedBy(
        all.filter((link) => !isCalled(link)),
        family,
      ),
    ),
    knownAddresses: intersectRanges(
      ownedBy(
        links.filter((link) => isCalled(link)),
        family,
      ),
      addresses,
    ),
    subnets,
    named: namedSets(),
    elsewhere: taken,
    hasLoopback: isLocalAddress(host, family, family === 'ip' ? 0x7f000001 : 1n),
    outside: uniteRanges([
      ...entries.flatMap(({ name, sources, isEngine }) =>
        isEngine ? [] : [behind === null ? sources : intersectRanges(behind.routed(name), taken)],
      ),
      // A route that drops some of what leaves a network is told as a rule that does.
      ...(behind === null ? [] : [intersectRanges(behind.refused, taken)]),
    ]),
  }
}

const namedSets = (): Surroundings['named'] => {
  const sets = new Map<string, RangeSet>()
  return (name, make) => {
    const known = sets.get(name)
    if (known !== undefined) return known
    const made = make()
    sets.set(name, made)
    return made
  }
}

const ownedBy = (links: readonly Link[], family: Family): RangeSet =>
  rangeSet(
    links
      .flatMap((link) => link.addresses.filter(({ address }) => address.family === family))
      .map(({ address }) => ({ first: address.value, last: address.value })),
  )

/** A port of a bridge or a bond: what comes by it comes in by that. */
const isLeg = (host: Host, { master }: Link): boolean => {
  const above = master === null ? undefined : host.links.get(master)
  return above !== undefined && above.kind !== 'vrf'
}

/** Route types that drop packets, a nexthop object that is a blackhole among them: the kernel gives it this type. */
const refusing: readonly string[] = ['blackhole', 'unreachable', 'prohibit']

/**
 * The sources answered by each interface, those reached by it as far as the facts say, the host's own addresses, and
 * the destinations that a route refuses; null where there are too many routes to tell. A default route that refuses is
 * none.
 *
 * @param areListed - the facts say which routes there are
 */
const sourcesBehind = (
  host: Host,
  family: Family,
  areListed: boolean,
): {
  readonly answered: (name: string) => RangeSet
  readonly routed: (name: string) => RangeSet
  readonly local: RangeSet
  readonly refused: RangeSet
} | null => {
  const router = host.routers[family]
  const classes = destinationClasses(router, 'behind', (destination) => {
    const { route } = lookUpRoute(router, { destination, source: null, in: 'lo', out: null, mark: 0 })
    if (route === null) return 'none'
    if (refusing.includes(route.type)) return route.length === 0 ? 'none' : 'refused'
    return route.type === 'unicast' ? `by ${route.link?.name ?? ''}` : route.type
  })
  if (classes === null) return null
  const noMachines = rangeSet([])
  // Facts that list any route list all of them: a client that no route leads back to is promised nothing.
  const unsaid = router.complete || areListed ? noMachines : (classes.get('none') ?? noMachines)
  const routed = (name: string): RangeSet => classes.get(`by ${name}`) ?? noMachines
  return {
    routed,
    answered: (name) => uniteRanges([routed(name), unsaid]),
    // A local route may be of a whole prefix (ip-route(8), `local`).
    local: classes.get('local') ?? noMachines,
    refused: classes.get('refused') ?? noMachines,
  }
}

/** The interfaces of default routes, of halves of one too (VPNs); where there is none, all that lead to a wire. */
const uplinkNames = (host: Host, family: Family, links: readonly Link[]): ReadonlySet<string> => {
  const names = new Set<string>()
  for (const { buckets } of host.routers[family].tables.values())
    for (const length of [0, 1])
      for (const routes of buckets[length]?.values() ?? [])
        for (const { type, link } of routes)
          if (type === 'unicast' && link !== null && links.includes(link)) names.add(link.name)
  if (names.size > 0) return names
  const wired = links.filter((link) => !isBridge(host, link) && hasAddress(link, family))
  return new Set(
    (wired.length > 0 ? wired : links.filter((link) => hasAddress(link, family))).map(({ name }) => name),
  )
}

const hasAddress = ({ addresses }: Link, family: Family): boolean =>
  addresses.some(({ address }) => address.family === family)
