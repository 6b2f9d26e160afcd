import type { Family } from '@portolan/netfilter'
import { protocolNumber } from '@portolan/netfilter'
import {
  intersectRanges,
  type RangeSet,
  singleValue,
  subtractRanges,
  uniteRanges,
  valueSet,
} from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredNetwork, DesiredOpening, DesiredState } from '../../contract/index.ts'
import type { Region } from '../search/region/region.ts'
import { neverSources } from '../search/rows/address-ranges.ts'
import { networkRows } from '../search/rows/network-rows.ts'
import type { Row } from '../search/rows/row.ts'
import { addressValue, subnetRange } from '../search/rows/subnets.ts'
import type { Surroundings } from '../search/rows/surroundings.ts'

/** Packets that come in by one interface. */
export interface Arriving {
  readonly family: Family
  readonly protocol: number
  /** The incoming interface; null: the packets are made on the host. */
  readonly in: string | null
}

/** Addresses that a packet may have. The kernel drops others as martians before any rule. */
export const unicast: Readonly<Record<Family, RangeSet>> = {
  ip: subtractRanges({ starts: [0], ends: [0xffffffff] }, neverSources.ip),
  ip6: subtractRanges({ starts: [0n], ends: [(1n << 128n) - 1n] }, neverSources.ip6),
}

/** Every value that a field of a packet may have. */
export const anyAddress: Readonly<Record<Family, RangeSet>> = {
  ip: { starts: [0], ends: [0xffffffff] },
  ip6: { starts: [0n], ends: [(1n << 128n) - 1n] },
}
export const anyPort: RangeSet = { starts: [1], ends: [65535] }

/** 127.0.0.0/8 and ::1: the addresses by which host processes reach the host itself. */
export const loopback: Readonly<Record<Family, RangeSet>> = {
  ip: { starts: [0x7f000000], ends: [0x7fffffff] },
  ip6: singleValue(1n),
}

/**
 * The packets that the reachability contract lets through: those of its rows, from any source port. A remedy may open
 * these and nothing else.
 *
 * @param bridges - the bridges of this and of other projects
 */
export const openPackets = (
  desired: DesiredState,
  around: Readonly<Record<Family, Surroundings>>,
  bridges: ReadonlySet<string>,
): ((packets: Arriving) => readonly Region[]) => {
  const known = new Map<string, readonly Region[]>()
  const ofNetworks = new Map<Family, ReturnType<typeof networkRows>>()
  const rowsOf = (family: Family): ReturnType<typeof networkRows> => {
    const found =
      ofNetworks.get(family) ??
      desired.networks.flatMap((network) => networkRows(desired, network, family, around[family]))
    ofNetworks.set(family, found)
    return found
  }
  return (packets) => {
    const { family, protocol, in: from } = packets
    const key = `${family} ${protocol} ${from}`
    const found = known.get(key)
    if (found !== undefined) return found
    const made = [
      ...openOfMappings(
        desired.mappings.filter(
          (mapping) => mapping.family === family && protocolNumber[mapping.protocol] === protocol,
        ),
        (mapping) => openOfMapping(mapping, from, around[family], bridges),
      ),
      ...desired.networks.flatMap((network) => ofNeighbours(network, packets, around[family])),
      ...rowsOf(family).flatMap(
        ({ in: by, region, source, way, network, choosesSource, opens }): readonly Region[] => {
          if (opens !== undefined)
            return isFrom(opens, by, from, bridges)
              ? [openedRegion({ region, network }, opens, around[family])]
              : []
          if (by !== from) return []
          const any = { sport: anyPort, dport: anyPort }
          // The first and the last address of a subnet belong to it, though no container has them. On an external
          // network, only the project's own containers do.
          const subnet = around[family].subnets.get(network)
          const whole = (network.external ? subnet?.members : subnet?.whole) ?? region.daddr
          if (way === 'egress') return [{ ...any, saddr: whole, daddr: outsideOf(around[family], family) }]
          // A container with a forged source is still a container: the bridge forwards its frames.
          const isAnybody = choosesSource || source === 'sibling'
          return [{ ...any, saddr: isAnybody ? anyAddress[family] : region.saddr, daddr: whole }]
        },
      ),
    ]
    known.set(key, made)
    return made
  }
}

/**
 * Whether packets of an opening may come in by an interface. A prefix may come in by any interface with other machines
 * behind it, whatever the routes are now.
 */
const isFrom = (
  { from: { kind } }: DesiredOpening,
  by: string | null,
  entrance: string | null,
  bridges: ReadonlySet<string>,
): boolean => by === entrance || (kind === 'prefix' && entrance !== null && !bridges.has(entrance))

/**
 * The packets that an opening lets in (`isOpened` of the contract). From an interface or prefix, these are all sources
 * that belong neither to the host nor to a container, whether a route leads back there or not.
 */
const openedRegion = (
  { region, network }: Pick<Row, 'region' | 'network'>,
  { from, address, ports }: DesiredOpening,
  { elsewhere, subnets }: Surroundings,
): Region => {
  const home = [...subnets].find(([{ name }]) => 'network' in from && name === from.network)?.[1]
  const prefix = from.kind === 'prefix' ? subnetRange(from.prefix) : null
  const saddr =
    from.kind === 'interface'
      ? elsewhere
      : from.kind === 'network'
        ? (home?.whole ?? region.saddr)
        : prefix === null
          ? region.saddr
          : intersectRanges(prefix, elsewhere)
  const whole = address === null && !network.external ? subnets.get(network)?.whole : undefined
  return {
    saddr,
    daddr: whole ?? region.daddr,
    sport: anyPort,
    dport: ports === null ? anyPort : region.dport,
  }
}

/**
 * The packets from others on a joined bridge to the project's containers there, as far as the bridge's owner lets them.
 */
const ofNeighbours = (
  network: DesiredNetwork,
  { family, in: from }: Arriving,
  { subnets }: Surroundings,
): readonly Region[] => {
  const own = subnets.get(network)
  if (!network.external || !network.icc || own === undefined || network.bridge !== from) return []
  return [{ saddr: anyAddress[family], daddr: own.members, sport: anyPort, dport: anyPort }]
}

/** The addresses that are neither on the host nor behind another engine's bridge, whether a machine has them or not. */
const outsideOf = ({ outside, addresses, subnets, entries }: Surroundings, family: Family): RangeSet =>
  uniteRanges([
    outside,
    [
      addresses,
      loopback[family],
      ...[...subnets.values()].map(({ whole }) => whole),
      ...entries.flatMap(({ isEngine, sources }) => (isEngine ? [sources] : [])),
    ].reduce((left, set) => subtractRanges(left, set), anyAddress[family]),
  ])

/** The packets of mappings. Mappings that differ only in their port share a region. */
const openOfMappings = (
  mappings: readonly DesiredMapping[],
  openOf: (mapping: DesiredMapping) => readonly Region[],
): readonly Region[] => {
  const alike = new Map<string, [DesiredMapping, ...DesiredMapping[]]>()
  for (const mapping of mappings) {
    const { kind, hostAddress, interface: name, allowFrom, targets } = mapping
    const addresses = kind === 'direct' ? targets.map(({ address }) => address) : []
    const key = JSON.stringify([kind, hostAddress, name, allowFrom, addresses])
    const known = alike.get(key)
    if (known === undefined) alike.set(key, [mapping])
    else known.push(mapping)
  }
  return [...alike.values()].flatMap((some) => {
    const dport = valueSet(some.map(({ hostPort }) => hostPort))
    return openOf(some[0]).map((region) => ({ ...region, dport }))
  })
}

const openOfMapping = (
  { kind, family, hostAddress, hostPort, allowFrom, interface: by, targets }: DesiredMapping,
  from: string | null,
  { addresses }: Surroundings,
  bridges: ReadonlySet<string>,
): readonly Region[] => {
  const isHere = from === null || bridges.has(from)
  if (!isHere && by !== null && by !== from) return []
  const own = hostAddress === null ? addresses : singleValue(addressValue(hostAddress))
  const daddr =
    kind === 'direct'
      ? uniteRanges(targets.map(({ address }) => singleValue(addressValue(address))))
      : from === null && hostAddress === null
        ? uniteRanges([own, loopback[family]])
        : own
  const saddr =
    isHere || allowFrom === null
      ? anyAddress[family]
      : uniteRanges(allowFrom.flatMap((prefix) => subnetRange(prefix) ?? []))
  return [{ saddr, daddr, sport: anyPort, dport: singleValue(hostPort) }]
}
