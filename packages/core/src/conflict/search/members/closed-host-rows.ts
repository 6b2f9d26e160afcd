import type { Family, Protocol } from '@portolan/netfilter'
import { families, protocolNumber } from '@portolan/netfilter'
import {
  hasValue,
  isEmptySet,
  type RangeSet,
  rangeSet,
  singleValue,
  subtractRanges,
  uniteRanges,
  valueSet,
} from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredNetwork, DesiredState } from '../../../contract/index.ts'
import type { ExploredRow } from '../follow/explore.ts'
import { rowAlone } from '../group/mapping-group.ts'
import { everyPort } from '../rows/closed-mapping-rows.ts'
import { type ClosedPlace, closedTargets } from '../rows/closed-targets.ts'
import type { Alike } from '../rows/mapping-rows.ts'
import type { Closed, Row } from '../rows/row.ts'
import { addressValue } from '../rows/subnets.ts'
import type { Surroundings } from '../rows/surroundings.ts'
import type { Seek } from './seeker.ts'
import { type Translation, translatedParts } from './translations-in.ts'

const protocols = ['tcp', 'udp'] as const

/** The explored closed rows of the host: all of them, and the part that concerns each network. */
export interface HostRows {
  readonly all: readonly ExploredRow[]
  readonly ofNetwork: (network: DesiredNetwork) => readonly ExploredRow[]
}

/**
 * Explores destinations that no mapping publishes: the other ports of the host's addresses, and addresses that belong
 * neither to the host nor to a network. No packet to these may reach a container. A foreign translation that names such
 * an address can open one. Each row is explored once for all networks, and a failure is reported for the network that
 * the packets arrive at.
 */
export const exploreHostRows = (
  desired: DesiredState,
  around: Readonly<Record<Family, Surroundings>>,
  alike: Alike,
  seek: Seek,
  translations: readonly Translation[],
): HostRows => {
  const all: ExploredRow[] = []
  const found = new Map<DesiredNetwork, ExploredRow[]>()
  for (const family of families) {
    const { places } = closedTargets(desired, family, around[family])
    const rows = closedHostRows(desired, family, around[family], alike, places)
    for (const row of rows.flatMap((one) => translatedParts(one, translations))) {
      const explored = seek(rowAlone(row))
      all.push(explored)
      for (const { network, closed } of places) {
        const cells = explored.cells.filter(
          ({ judgement }) =>
            judgement.kind === 'failed' && judgement.conclusion.reached.world.out?.name === network.bridge,
        )
        if (cells.length === 0) continue
        const own: Row = { ...row, network, expected: closed }
        const before = found.get(network) ?? []
        found.set(network, [...before, { ...explored, row: rowAlone(own), cells }])
      }
    }
  }
  return { all, ofNetwork: (network) => found.get(network) ?? [] }
}

const closedHostRows = (
  desired: DesiredState,
  family: Family,
  around: Surroundings,
  alike: Alike,
  places: readonly ClosedPlace[],
): readonly Row[] => {
  const [first] = places
  if (first === undefined) return []
  const rows: Row[] = []
  for (const protocol of protocols) {
    const add = (
      source: Row['source'],
      from: string,
      saddr: RangeSet,
      closed: readonly ClosedPlace[],
    ): void => {
      if (closed.length === 0 || isEmptySet(saddr)) return
      const expected: Closed = {
        kind: 'closed',
        because: 'unpublished',
        out: new Set(closed.map(({ network }) => network.bridge)),
        to: uniteRanges(closed.map(({ closed: { to } }) => to)),
      }
      const isPublished = (mapping: DesiredMapping): boolean =>
        mapping.kind === 'nat' && mapping.family === family && mapping.protocol === protocol
      // What a mapping closes for machines, by address, interface or destination, is reported for the mapping.
      const isOfMappings = source === 'machine'
      for (const { daddr, dport } of unpublished(desired.mappings.filter(isPublished), around, isOfMappings))
        if (!isEmptySet(daddr) && !isEmptySet(dport))
          rows.push({
            source,
            way: 'published',
            family,
            protocol: protocolNumber[protocol satisfies Protocol],
            mapping: null,
            network: first.network,
            in: from,
            isUplink: around.entries.some(({ name, isUplink }) => isUplink && name === from),
            region: { saddr, daddr, sport: everyPort, dport },
            prefers: around.knownAddresses,
            choosesSource: false,
            expected,
          })
    }
    for (const { name, sources } of around.entries) add('machine', name, sources, places)
    for (const network of sendersOf(alike)) {
      const own = around.subnets.get(network)
      // Containers of the same network reach each other without the host, if they may talk at all.
      const others = places.filter((place) => place.network !== network || !network.icc)
      if (own !== undefined) add('stranger', network.bridge, own.senders, others)
    }
  }
  return rows
}

/**
 * The networks that packets are sent from: at most two of each group of alike networks. One of the two may be the
 * network that the packets arrive at.
 */
const sendersOf = (alike: Alike): readonly DesiredNetwork[] =>
  [...new Set(alike.values())].flatMap(({ networks }) => networks.slice(0, 2))

/**
 * The destinations that none of these mappings serves.
 *
 * @param atAnyAddress - leave out the mappings' ports at every address of the host, whatever address they are bound to
 */
const unpublished = (
  mappings: readonly DesiredMapping[],
  { addresses, elsewhere }: Surroundings,
  atAnyAddress: boolean,
): readonly Pick<Row['region'], 'daddr' | 'dport'>[] => {
  const wildcard = portsOf(mappings.filter(({ hostAddress }) => atAnyAddress || hostAddress === null))
  const bound = new Map<number | bigint, DesiredMapping[]>()
  for (const mapping of mappings) {
    if (atAnyAddress || mapping.hostAddress === null) continue
    const value = addressValue(mapping.hostAddress)
    if (!hasValue(addresses, value)) continue
    const before = bound.get(value)
    if (before === undefined) bound.set(value, [mapping])
    else before.push(mapping)
  }
  const free = subtractRanges(everyPort, wildcard)
  return [
    { daddr: subtractRanges(addresses, rangeSet([...bound.keys()].map(only))), dport: free },
    ...[...bound].map(([address, own]) => ({
      daddr: singleValue(address),
      dport: subtractRanges(free, portsOf(own)),
    })),
    { daddr: elsewhere, dport: everyPort },
  ]
}

const only = (value: number | bigint): { first: number | bigint; last: number | bigint } => ({
  first: value,
  last: value,
})

const portsOf = (mappings: readonly DesiredMapping[]): RangeSet =>
  valueSet(mappings.map(({ hostPort }) => hostPort))
