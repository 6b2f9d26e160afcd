import { protocolNumber } from '@portolan/netfilter'
import {
  intersectRanges,
  isEmptySet,
  type RangeSet,
  rangeSet,
  singleValue,
  subtractRanges,
} from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredNetwork, DesiredState } from '../../../contract/index.ts'
import type { Region } from '../region/region.ts'
import type { AlikeNetworks } from './alike/alike-networks.ts'
import { clientPorts } from './client-ports.ts'
import type { Expectation, Place, Row, SeenAs } from './row.ts'
import { addressValue, subnetRange } from './subnets.ts'
import type { Entry, Surroundings } from './surroundings.ts'

const loopback = 0x7f000001

/** The rows of the contract that promise delivery for a mapping. */
export const mappingRows = (
  desired: DesiredState,
  mapping: DesiredMapping,
  around: Surroundings,
  alike: Alike,
): readonly Row[] => {
  const own = networksOf(desired, mapping)
  const places = placesOf(own, mapping, around)
  const [network] = own
  if (network === undefined || places.length === 0) return []
  const { family } = mapping
  const host = hostAddresses(mapping, around)
  const direct = mapping.kind === 'direct'
  const placed = places.map(({ address }) => address).join(' ')
  const targetsOf = (some: readonly Place[]): RangeSet =>
    around.named(`targets ${some.map(({ address }) => address).join(' ')}`, () =>
      rangeSet(some.map(({ address }) => ({ first: address, last: address }))),
    )
  const daddr = direct ? targetsOf(places) : host
  const make = rowMaker(mapping, network, around)
  const promised = new Map<SeenAs, Expectation>()
  const toPlaces = (seenAs: SeenAs): Expectation => {
    const known = promised.get(seenAs)
    if (known !== undefined) return known
    const made: Expectation = { kind: 'delivered', to: places, seenAs }
    promised.set(seenAs, made)
    return made
  }
  const dport = singleValue(mapping.hostPort)
  const region = (saddr: RangeSet, to: RangeSet = daddr): Region => ({
    saddr,
    daddr: to,
    sport: clientPorts,
    dport,
  })
  const rows: Row[] = []
  const allowed = allowedSources(mapping)
  for (const entry of around.entries) {
    if (mapping.interface !== null && mapping.interface !== entry.name) continue
    const sources =
      allowed === null
        ? entry.sources
        : around.named(`${mapping.allowFrom?.join(' ')} behind ${entry.name}`, () =>
            intersectRanges(entry.sources, allowed),
          )
    const to = direct
      ? daddr
      : around.named(`foreign ${mapping.hostAddress}`, () => intersectRanges(daddr, around.foreignAddresses))
    rows.push(make('machine', entry.name, region(sources, to), toPlaces('own'), entry))
  }
  for (const one of askedNetworks(own, alike)) {
    const subnet = around.subnets.get(one)
    if (subnet === undefined || subnet.gateway === null || one.internal) continue
    const { bridge } = one
    const { members, senders } = subnet
    const ofNetwork = places.filter((place) => place.bridge === bridge)
    if (ofNetwork.length === 0) {
      rows.push(make('stranger', bridge, region(senders), toPlaces('any')))
      continue
    }
    if (direct) continue
    const expected = toPlaces('gateway')
    const targets = targetsOf(ofNetwork)
    const siblings = around.named(`siblings ${bridge} ${placed}`, () => subtractRanges(members, targets))
    rows.push(make('itself', bridge, region(targets), expected))
    rows.push(make('sibling', bridge, region(siblings), expected))
  }
  if (!direct && around.hasLoopback) {
    rows.push(make('host', null, region(host, host), toPlaces('host')))
    const here = singleValue(mapping.hostAddress === null ? loopback : addressValue(mapping.hostAddress))
    // ::1 cannot be translated off the host.
    if (family === 'ip' && (mapping.hostAddress === null || mapping.hostAddress.startsWith('127.')))
      rows.push(make('loopback', null, region(here, here), toPlaces('gateway')))
  }
  return rows.filter((row) => !isEmptySet(row.region.saddr) && !isEmptySet(row.region.daddr))
}

type MakeRow = (
  source: Row['source'],
  from: string | null,
  region: Region,
  expected: Expectation,
  entry?: Entry,
) => Row

/** Lists the fields one by one: thousands of rows are made, and spread objects take many times the memory. */
const rowMaker =
  (mapping: DesiredMapping, network: DesiredNetwork, { knownAddresses }: Surroundings): MakeRow =>
  (source, from, region, expected, entry) => ({
    source,
    way: mapping.kind === 'direct' ? 'direct' : 'published',
    family: mapping.family,
    protocol: protocolNumber[mapping.protocol],
    mapping,
    network,
    in: from,
    isUplink: entry?.isUplink === true,
    region,
    isFromEngine: entry?.isEngine === true,
    prefers: knownAddresses,
    // The source of packets that host processes send.
    choosesSource: from === null,
    expected,
  })

/** The group of alike networks that each network belongs to. */
export type Alike = ReadonlyMap<DesiredNetwork, AlikeNetworks>

/**
 * The networks of a mapping, and one other network of each group of alike networks. A result for packets of that
 * network's containers holds for the rest of its group.
 */
export const askedNetworks = (own: readonly DesiredNetwork[], alike: Alike): readonly DesiredNetwork[] => [
  ...own,
  ...kindsOf(alike).flatMap(({ networks }) => networks.find((one) => !own.includes(one)) ?? []),
]

const kinds = new WeakMap<Alike, readonly AlikeNetworks[]>()

/**
 * The groups of alike networks without duplicates. Kept, because the rows of each of thousands of mappings ask for
 * them.
 */
const kindsOf = (alike: Alike): readonly AlikeNetworks[] => {
  const known = kinds.get(alike)
  if (known !== undefined) return known
  const made = [...new Set(alike.values())]
  kinds.set(alike, made)
  return made
}

export const networksOf = (desired: DesiredState, { targets }: DesiredMapping): readonly DesiredNetwork[] =>
  desired.networks.filter(({ name }) => targets.some(({ network }) => network === name))

/** The places where packets of a mapping must arrive. */
export const placesOf = (
  networks: readonly DesiredNetwork[],
  { targets }: DesiredMapping,
  { subnets }: Surroundings,
): readonly Place[] =>
  targets.flatMap(({ network, address, port }) => {
    const of = networks.find(({ name }) => name === network)
    if (of === undefined) return []
    const gateway = subnets.get(of)?.gateway?.starts[0] ?? null
    return { address: addressValue(address), port, bridge: of.bridge, gateway }
  })

/** The addresses that the mapping answers on, except loopback. */
export const hostAddresses = (
  { hostAddress }: DesiredMapping,
  { addresses, named }: Surroundings,
): RangeSet =>
  hostAddress === null
    ? addresses
    : named(`host ${hostAddress}`, () => intersectRanges(addresses, singleValue(addressValue(hostAddress))))

/** The sources that `allow_from` names; null: any source. */
export const allowedSources = ({ allowFrom }: DesiredMapping): RangeSet | null =>
  allowFrom === null
    ? null
    : rangeSet(
        allowFrom.flatMap((prefix) => {
          const range = subnetRange(prefix)
          const [first, last] = [range?.starts[0], range?.ends[0]]
          return first === undefined || last === undefined ? [] : [{ first, last }]
        }),
      )
