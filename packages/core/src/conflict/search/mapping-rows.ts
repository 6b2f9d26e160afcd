import {
  intersectRanges,
  isEmptySet,
  type RangeSet,
  rangeSet,
  singleValue,
  subtractRanges,
} from '../../address/range-set.ts'
import type { DesiredMapping, DesiredNetwork, DesiredState } from '../../desired/index.ts'
import { protocolNumber } from '../../netfilter/index.ts'
import type { Place, Row } from './row.ts'
import { addressValue, membersOf, type Surroundings, subnetRange } from './surroundings.ts'

/** Ports that clients speak from, where nobody set them to others (net.ipv4.ip_local_port_range). */
export const clientPorts: RangeSet = { starts: [32768], ends: [60999] }

const loopback = 0x7f000001

/** The rows of the contract that a mapping takes part in. */
export const mappingRows = (
  desired: DesiredState,
  mapping: DesiredMapping,
  around: Surroundings,
): readonly Row[] => {
  const places = placesOf(desired, mapping)
  const [network] = networksOf(desired, mapping)
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
  const base = {
    family,
    protocol: protocolNumber[mapping.protocol],
    mapping,
    network,
    way: direct ? 'direct' : 'published',
    isUplink: false,
    prefers: around.knownAddresses,
    choosesSource: false,
    expected: { kind: 'delivered', to: places, seenAs: 'own' },
  } as const
  const region = (saddr: RangeSet, to: RangeSet = daddr): Row['region'] => ({
    saddr,
    daddr: to,
    sport: clientPorts,
    dport: singleValue(mapping.hostPort),
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
    const { name, isUplink, isEngine: isFromEngine } = entry
    const to = direct
      ? daddr
      : around.named(`foreign ${mapping.hostAddress}`, () => intersectRanges(daddr, around.foreignAddresses))
    rows.push({ ...base, source: 'machine', in: name, isUplink, isFromEngine, region: region(sources, to) })
  }
  for (const other of desired.networks) {
    const [subnet, whole] = [other[family], subnetRange(other[family]?.subnet)]
    if (subnet === null || whole === null || subnet.gateway === null || other.internal) continue
    const own = around.named(`members ${other.bridge}`, () => membersOf(whole, family))
    const ofNetwork = places.filter(({ bridge }) => bridge === other.bridge)
    const gateway = singleValue(addressValue(subnet.gateway))
    const toAnybody = { kind: 'delivered', to: places, seenAs: 'any' } as const
    const fromHere = { ...base, in: other.bridge }
    if (ofNetwork.length === 0) {
      const strangers = around.named(`of ${other.bridge}`, () => subtractRanges(own, gateway))
      rows.push({ ...fromHere, source: 'stranger', region: region(strangers), expected: toAnybody })
      continue
    }
    if (direct) continue
    const expected = { kind: 'delivered', to: places, seenAs: 'gateway' } as const
    const targets = targetsOf(ofNetwork)
    const siblings = around.named(`siblings ${other.bridge} ${placed}`, () =>
      [gateway, targets].reduce(subtractRanges, own),
    )
    rows.push({ ...fromHere, source: 'itself', region: region(targets), expected })
    rows.push({ ...fromHere, source: 'sibling', region: region(siblings), expected })
  }
  if (!direct && around.hasLoopback) rows.push(...hostRows(base, region, host, mapping, places))
  return rows.filter((row) => !isEmptySet(row.region.saddr) && !isEmptySet(row.region.daddr))
}

/** What processes of the host send, whose source the kernel chooses. */
const hostRows = (
  base: Omit<Row, 'source' | 'in' | 'region'>,
  region: (saddr: RangeSet, daddr?: RangeSet) => Row['region'],
  host: RangeSet,
  { family, hostAddress }: DesiredMapping,
  places: readonly Place[],
): readonly Row[] => {
  const any = { ...base, in: null, choosesSource: true } as const
  const seen = (seenAs: 'host' | 'gateway') => ({ kind: 'delivered', to: places, seenAs }) as const
  const rows: Row[] = [{ ...any, source: 'host', region: region(host, host), expected: seen('host') }]
  const here = singleValue(hostAddress === null ? loopback : addressValue(hostAddress))
  // ::1 cannot be translated off the host.
  if (family === 'ip' && (hostAddress === null || hostAddress.startsWith('127.')))
    rows.push({ ...any, source: 'loopback', region: region(here, here), expected: seen('gateway') })
  return rows
}

const networksOf = (desired: DesiredState, { targets }: DesiredMapping): readonly DesiredNetwork[] =>
  desired.networks.filter(({ name }) => targets.some(({ network }) => network === name))

const placesOf = (desired: DesiredState, mapping: DesiredMapping): readonly Place[] =>
  mapping.targets.flatMap(({ network, address, port }) => {
    const of = desired.networks.find(({ name }) => name === network)
    if (of === undefined) return []
    const gateway = of[mapping.family]?.gateway ?? null
    return {
      address: addressValue(address),
      port,
      bridge: of.bridge,
      gateway: gateway === null ? null : addressValue(gateway),
    }
  })

/** The addresses the mapping answers on, loopback left out. */
const hostAddresses = ({ hostAddress }: DesiredMapping, { addresses, named }: Surroundings): RangeSet =>
  hostAddress === null
    ? addresses
    : named(`host ${hostAddress}`, () => intersectRanges(addresses, singleValue(addressValue(hostAddress))))

/** Null: everyone. */
const allowedSources = ({ allowFrom }: DesiredMapping): RangeSet | null =>
  allowFrom === null
    ? null
    : rangeSet(
        allowFrom.flatMap((prefix) => {
          const range = subnetRange(prefix)
          const [first, last] = [range?.starts[0], range?.ends[0]]
          return first === undefined || last === undefined ? [] : [{ first, last }]
        }),
      )
