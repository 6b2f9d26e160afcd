import { protocolNumber } from '@portolan/netfilter'
import {
  hasValue,
  isEmptySet,
  type RangeSet,
  rangeSet,
  singleValue,
  subtractRanges,
  uniteRanges,
} from '@portolan/netfilter/analysis'
import type { DesiredMapping, DesiredState } from '../../../contract/index.ts'
import { closedTargets } from './closed-targets.ts'
import { allowedSources, hostAddresses, networksOf, placesOf } from './mapping-rows.ts'
import type { ClosedBecause, Row } from './row.ts'
import { addressValue } from './subnets.ts'
import type { Entry, Surroundings } from './surroundings.ts'

/** Every port that a machine can send from. */
export const everyPort: RangeSet = { starts: [1], ends: [65535] }

const loopback: RangeSet = { starts: [0x7f000000], ends: [0x7fffffff] }

/**
 * The rows of the contract that close a mapping. They hold packets of other machines that must not reach its targets,
 * because of their source, their destination or their incoming interface.
 */
export const closedMappingRows = (
  desired: DesiredState,
  mapping: DesiredMapping,
  around: Surroundings,
): readonly Row[] => {
  const own = networksOf(desired, mapping)
  const places = placesOf(own, mapping, around)
  const [network] = own
  if (network === undefined || places.length === 0) return []
  const { named } = around
  const placed = places.map(({ address }) => address).join(' ')
  const targets = named(`targets ${placed}`, () =>
    rangeSet(places.map(({ address }) => ({ first: address, last: address }))),
  )
  const direct = mapping.kind === 'direct'
  const closed = closedTargets(desired, mapping.family, around)
  const isClosed = places.every(
    ({ address, bridge }) => closed.bridges.has(bridge) && hasValue(closed.addresses, address),
  )
  // A foreign rule may lead packets for the mapping to any container.
  const to = direct
    ? targets
    : isClosed
      ? closed.addresses
      : named(`closed, ${placed}`, () => uniteRanges([targets, closed.addresses]))
  const bridges = places.map(({ bridge }) => bridge)
  const out = direct ? new Set(bridges) : isClosed ? closed.bridges : new Set([...bridges, ...closed.bridges])
  const served = direct ? targets : hostAddresses(mapping, around)
  const dport = singleValue(mapping.hostPort)
  const allowed = allowedSources(mapping)
  const rows: Row[] = []
  for (const entry of around.entries) {
    const add = (because: ClosedBecause, saddr: RangeSet, daddr: RangeSet): void => {
      if (isEmptySet(saddr) || isEmptySet(daddr)) return
      rows.push({
        source: 'machine',
        way: direct ? 'direct' : 'published',
        family: mapping.family,
        protocol: protocolNumber[mapping.protocol],
        mapping,
        network,
        in: entry.name,
        isUplink: entry.isUplink,
        region: { saddr, daddr, sport: everyPort, dport },
        prefers: around.knownAddresses,
        choosesSource: false,
        expected: { kind: 'closed', because, out, to },
      })
    }
    add('forged', membersOfAll(around), served)
    const { sources } = entry
    if (mapping.interface !== null && mapping.interface !== entry.name) {
      add('interface', sources, served)
      continue
    }
    if (allowed !== null) add('allow-from', outside(mapping, allowed, entry, around), served)
    if (direct) continue
    if (mapping.hostAddress !== null)
      add(
        'address',
        sources,
        named(`other than ${mapping.hostAddress}`, () => subtractRanges(around.addresses, served)),
      )
    if (mapping.family === 'ip6') continue
    add('loopback', loopback, served)
    const { hostAddress } = mapping
    if (hostAddress === null) add('loopback', sources, loopback)
    else if (hostAddress.startsWith('127.')) add('loopback', sources, singleValue(addressValue(hostAddress)))
  }
  return rows
}

/** The addresses of the containers of all networks of the project. */
export const membersOfAll = ({ named, subnets }: Surroundings): RangeSet =>
  named('members of all networks', () => uniteRanges([...subnets.values()].map(({ members }) => members)))

/** The sources behind an entry that are not in `allow_from`. */
const outside = (
  { allowFrom }: DesiredMapping,
  allowed: RangeSet,
  { name, sources }: Entry,
  { named }: Surroundings,
): RangeSet =>
  named(`other than ${allowFrom?.join(' ')} behind ${name}`, () => subtractRanges(sources, allowed))
