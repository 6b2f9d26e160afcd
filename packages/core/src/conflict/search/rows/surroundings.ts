import type { Family, HostFacts } from '@portolan/netfilter'
import {
  type Host,
  intersectRanges,
  isEmptySet,
  isLocalAddress,
  type Link,
  type RangeSet,
  subtractRanges,
  uniteRanges,
} from '@portolan/netfilter/analysis'
import type { DesiredNetwork, DesiredState } from '../../../contract/index.ts'
import { parseBridgeAlias } from '../../../contract/index.ts'
import { isWire } from '../../../contract/outward-interfaces.ts'
import { everything, neverSources, ownedBy } from './address-ranges.ts'
import { machinesBehind } from './machines-behind.ts'
import { type NamedSets, namedSets } from './named-sets.ts'
import { type Subnet, subnetsOf } from './subnets.ts'
import { isTunnel } from './tunnels.ts'
import { uplinkNames } from './uplink-names.ts'

/** A way by which other machines reach the host. */
export interface Entry {
  readonly name: string
  /** The outside world is behind it: it has a default route, or no interface has one. */
  readonly isUplink: boolean
  /** The machines behind it run on this host: they are containers or guests of another engine. */
  readonly isEngine: boolean
  /** The machines behind it: the addresses that are answered by this interface. */
  readonly sources: RangeSet
}

/** The host as packets of one family find it. */
export interface Surroundings {
  readonly entries: readonly Entry[]
  /** Interfaces that are not explored because there are too many. */
  readonly unseenEntries: readonly string[]
  /** False: there are too many routes to tell which machines are behind which interface. */
  readonly knowsRoutes: boolean
  /** The host's own addresses, from interfaces and local routes, without loopback. */
  readonly addresses: RangeSet
  /** The host's addresses that are not on a bridge of Portolan. */
  readonly foreignAddresses: RangeSet
  /**
   * The addresses that machines may call. Addresses on a bridge or a dummy are left out, unless the outside world is
   * behind it.
   */
  readonly calledAddresses: RangeSet
  /**
   * The addresses of each tunnel. Its peers call them, but other machines cannot reach them. Addresses that another
   * link has too are left out: a tunnel of ppp or gre may have the address of the line.
   */
  readonly tunnelAddresses: ReadonlyMap<string, RangeSet>
  /** The addresses that machines may call, only those of interfaces with machines behind them. */
  readonly knownAddresses: RangeSet
  /** The host can reach itself. It cannot if lo is down in its namespace. */
  readonly hasLoopback: boolean
  readonly named: NamedSets
  /** The addresses that are not on this host and that a route covers. */
  readonly outside: RangeSet
  /** Addresses that belong neither to the host nor to the project's networks, whether a route leads there or not. */
  readonly elsewhere: RangeSet
  /** The project's subnets of the family, by their network. */
  readonly subnets: ReadonlyMap<DesiredNetwork, Subnet>
}

/** The most side entries that are explored. Some hosts have one for each container. */
export const MOST_SIDE_ENTRIES = 128

/** Tells which machines can reach a host, and by which interface. */
export const surroundingsOf = (
  host: Host,
  { interfaces = [], routes = [] }: HostFacts,
  desired: DesiredState,
  family: Family,
): Surroundings => {
  const bridges = new Set(desired.networks.map(({ bridge }) => bridge))
  // The bridges of other projects have guards of their own.
  for (const { name, alias } of interfaces) if (parseBridgeAlias(alias) !== null) bridges.add(name ?? '')
  const links = [...host.links.values()].filter(
    (link) => link !== host.lo && link.up && !bridges.has(link.name) && !isLeg(host, link),
  )
  const behind = machinesBehind(host, family, routes.length > 0)
  const all = [...host.links.values()]
  const addresses = subtractRanges(
    uniteRanges([ownedBy(all, family), ...(behind === null ? [] : [behind.local])]),
    neverSources[family],
  )
  const subnets = subnetsOf(desired, family)
  const elsewhere = [
    neverSources[family],
    addresses,
    ...[...subnets.values()].map(({ whole }) => whole),
  ].reduce((left, set) => subtractRanges(left, set), everything[family])
  const uplinks = uplinkNames(host, family, links)
  const isWired = (link: Link): boolean => isWire(link, host.ports.get(link.name) ?? [])
  // An address of lo belongs to a service on this host.
  const isCalled = (link: Link): boolean => uplinks.has(link.name) || link === host.lo || isWired(link)
  const entries = links.flatMap((link): Entry[] => {
    const sources = intersectRanges(behind?.answered(link.name) ?? everything[family], elsewhere)
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
  const ofOtherLinks = ownedBy(
    all.filter((link) => !isTunnel(link)),
    family,
  )
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
    tunnelAddresses: new Map(
      links
        .filter(isTunnel)
        .map((link) => [link.name, subtractRanges(ownedBy([link], family), ofOtherLinks)] as const),
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
    elsewhere,
    hasLoopback: isLocalAddress(host, family, family === 'ip' ? 0x7f000001 : 1n),
    outside: uniteRanges([
      ...entries.flatMap(({ name, sources, isEngine }) =>
        isEngine ? [] : [behind === null ? sources : intersectRanges(behind.routed(name), elsewhere)],
      ),
      // A route that drops some packets from a network is reported like a rule that does.
      ...(behind === null ? [] : [intersectRanges(behind.refused, elsewhere)]),
    ]),
  }
}

/** Whether a link is a port of a bridge or a bond. Its packets come in by the bridge or bond. */
const isLeg = (host: Host, { master }: Link): boolean => {
  const above = master === null ? undefined : host.links.get(master)
  return above !== undefined && above.kind !== 'vrf'
}
