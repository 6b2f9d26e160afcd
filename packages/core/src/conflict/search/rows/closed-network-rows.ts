import type { Family, Protocol } from '@portolan/netfilter'
import { protocolNumber } from '@portolan/netfilter'
import {
  intersectRanges,
  isEmptySet,
  type RangeSet,
  subtractRanges,
  valueSet,
} from '@portolan/netfilter/analysis'
import type { DesiredNetwork, DesiredState, DesiredTarget } from '../../../contract/index.ts'
import { everyPort, membersOfAll } from './closed-mapping-rows.ts'
import { type Alike, askedNetworks } from './mapping-rows.ts'
import { unopenedParts } from './opening-rows.ts'
import type { Closed, ClosedBecause, Row } from './row.ts'
import { addressValue } from './subnets.ts'
import type { Surroundings } from './surroundings.ts'

const protocols = ['tcp', 'udp'] as const

/**
 * The rows of the contract that close a network: its containers' own addresses for other machines and other bridges,
 * the containers for one another if icc is off, and the outside if the network is internal.
 */
export const closedNetworkRows = (
  desired: DesiredState,
  network: DesiredNetwork,
  family: Family,
  around: Surroundings,
  alike: Alike,
): readonly Row[] => {
  const [subnet, own] = [network[family], around.subnets.get(network)]
  if (subnet === null || own === undefined) return []
  const { bridge } = network
  const { members } = own
  const rows: Row[] = []
  const inward = (because: ClosedBecause): Closed => ({
    kind: 'closed',
    because,
    out: new Set([bridge]),
    to: members,
  })
  for (const protocol of protocols) {
    const add = (
      source: Row['source'],
      from: string,
      saddr: RangeSet,
      expected: Closed,
      daddr: RangeSet = members,
      dport: RangeSet = everyPort,
    ): void => {
      if ([saddr, daddr, dport].some(isEmptySet)) return
      rows.push({
        source,
        way: expected.because === 'internal' ? 'egress' : 'direct',
        family,
        protocol: protocolNumber[protocol],
        mapping: null,
        network,
        in: from,
        isUplink: around.entries.some(({ name, isUplink }) => isUplink && name === from),
        region: { saddr, daddr, sport: everyPort, dport },
        prefers: null,
        choosesSource: false,
        expected,
      })
    }
    for (const { name } of around.entries) add('machine', name, membersOfAll(around), inward('forged'))
    if (subnet.mode !== 'nat-unprotected' || network.internal) {
      const published = directPlaces(desired, network, family, protocol)
      const addClosed = (
        source: Row['source'],
        from: string,
        sources: RangeSet,
        home: DesiredNetwork | null,
      ): void => {
        const expected = inward('unpublished')
        const way = { in: from, sources, network: home }
        for (const { saddr, daddr, dport } of unopenedParts(
          desired,
          network,
          family,
          protocol,
          way,
          members,
        )) {
          add(source, from, saddr, expected, subtractRanges(daddr, published.addresses), dport)
          const open = intersectRanges(daddr, published.addresses)
          add(source, from, saddr, expected, open, subtractRanges(dport, published.ports))
        }
      }
      for (const { name, sources } of around.entries) addClosed('machine', name, sources, null)
      for (const other of askedNetworks([network], alike)) {
        const strangers = around.subnets.get(other)
        if (other !== network && strangers !== undefined)
          addClosed('stranger', other.bridge, strangers.senders, other)
      }
    }
    if (!network.icc)
      for (const part of unopenedParts(
        desired,
        network,
        family,
        protocol,
        { in: bridge, sources: members, network },
        members,
      ))
        add('sibling', bridge, part.saddr, inward('icc'), part.daddr, part.dport)
    if (network.internal || subnet.mode === 'isolated')
      add(
        'itself',
        bridge,
        members,
        {
          kind: 'closed',
          because: 'internal',
          out: new Set(around.entries.map(({ name }) => name)),
          to: null,
        },
        around.outside,
      )
  }
  return rows
}

/** The published targets of a routed network, as addresses and ports. Empty for a network with translated ports. */
const directPlaces = (
  desired: DesiredState,
  network: DesiredNetwork,
  family: Family,
  protocol: Protocol,
): { readonly addresses: RangeSet; readonly ports: RangeSet } => {
  const targets = directTargets(desired).get(placeKey(network.name, family, protocol)) ?? []
  const values = (read: (target: DesiredTarget) => number | bigint): RangeSet => valueSet(targets.map(read))
  return { addresses: values(({ address }) => addressValue(address)), ports: values(({ port }) => port) }
}

type DirectTargets = ReadonlyMap<string, readonly DesiredTarget[]>

const known = new WeakMap<DesiredState, DirectTargets>()

/**
 * The targets of all direct mappings by network, family and protocol. They are read once, because each of many networks
 * asks for its own.
 */
const directTargets = (desired: DesiredState): DirectTargets => {
  const before = known.get(desired)
  if (before !== undefined) return before
  const targets = new Map<string, DesiredTarget[]>()
  for (const mapping of desired.mappings) {
    if (mapping.kind !== 'direct') continue
    for (const target of mapping.targets) {
      const key = placeKey(target.network, mapping.family, mapping.protocol)
      const there = targets.get(key)
      if (there === undefined) targets.set(key, [target])
      else there.push(target)
    }
  }
  known.set(desired, targets)
  return targets
}

const placeKey = (network: string, family: Family, protocol: Protocol): string =>
  `${family} ${protocol} ${network}`
