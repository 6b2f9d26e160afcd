import type { Family } from '@portolan/netfilter'
import { protocolNumber } from '@portolan/netfilter'
import {
  intersectRanges,
  isEmptySet,
  type RangeSet,
  subtractRanges,
  uniteRanges,
} from '@portolan/netfilter/analysis'
import type { DesiredNetwork, DesiredState } from '../../../contract/index.ts'
import { clientPorts } from './client-ports.ts'
import { openingRows } from './opening-rows.ts'
import type { Row } from './row.ts'
import { subnetRange } from './subnets.ts'
import type { Surroundings } from './surroundings.ts'

/** The rows of the contract for a network itself: packets to the outside, between its containers, and from the host. */
export const networkRows = (
  desired: DesiredState,
  network: DesiredNetwork,
  family: Family,
  around: Surroundings,
): readonly Row[] => {
  const [subnet, sets] = [network[family], around.subnets.get(network)]
  if (subnet === null || sets === undefined) return []
  const { gateway, members, known } = sets
  const { bridge } = network
  const rows: Row[] = []
  for (const protocol of [protocolNumber.tcp, protocolNumber.udp]) {
    const base = {
      family,
      protocol,
      mapping: null,
      network,
      isUplink: false,
      prefers: null,
      choosesSource: false,
    } as const
    const region = (saddr: RangeSet, daddr: RangeSet): Row['region'] => ({
      saddr,
      daddr,
      sport: clientPorts,
      dport: clientPorts,
    })
    const through = (seenAs: 'own' | 'gateway') => ({ kind: 'through', bridge, seenAs }) as const
    if (gateway !== null && !network.internal) {
      const kept = uniteRanges((subnet.unmasqueraded ?? []).flatMap((block) => subnetRange(block) ?? []))
      const ways = [
        [subtractRanges(around.outside, kept), subnet.masquerade ? 'host' : 'own'],
        [intersectRanges(around.outside, kept), 'own'],
      ] as const
      // On an external network, the bridge's owner decides with which source those blocks are reached.
      for (const [daddr, seenAs] of network.external ? ways.slice(0, 1) : ways)
        if (!isEmptySet(daddr))
          rows.push({
            ...base,
            source: 'itself',
            way: 'egress',
            in: bridge,
            prefersFrom: known,
            region: region(members, daddr),
            expected: { kind: 'outside', seenAs },
          })
    }
    if (gateway !== null)
      rows.push({
        ...base,
        source: 'host',
        way: 'direct',
        in: null,
        choosesSource: true,
        prefers: known,
        region: region(gateway, members),
        expected: through('gateway'),
      })
    // Without a gateway, the bridge has no address that shows its neighbours. On an external network, the bridge's
    // owner decides whether the containers on it may talk.
    if (network.icc && gateway !== null && !network.external)
      rows.push({
        ...base,
        source: 'sibling',
        way: 'direct',
        in: bridge,
        prefers: known,
        prefersFrom: known,
        isApart: true,
        region: region(members, members),
        expected: through('own'),
      })
    if (subnet.mode === 'nat-unprotected' && !network.internal)
      for (const { name, isUplink, sources } of around.entries)
        rows.push({
          ...base,
          source: 'machine',
          way: 'direct',
          in: name,
          isUplink,
          prefers: known,
          region: region(sources, members),
          expected: through('own'),
        })
  }
  rows.push(...openingRows(desired, network, family, around))
  return rows.filter(({ region }) => !isEmptySet(region.saddr) && !isEmptySet(region.daddr))
}
