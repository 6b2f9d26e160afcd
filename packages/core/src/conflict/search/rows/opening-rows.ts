import { type Family, type Protocol, protocolNumber } from '@portolan/netfilter'
import {
  intersectRanges,
  isEmptySet,
  type RangeSet,
  singleValue,
  subtractRanges,
  uniteRanges,
  valueSet,
} from '@portolan/netfilter/analysis'
import {
  type DesiredNetwork,
  type DesiredOpening,
  type DesiredState,
  openingsOf,
} from '../../../contract/index.ts'
import { opensPort } from '../../../contract/openings.ts'
import { clientPorts } from './client-ports.ts'
import { everyPort } from './closed-mapping-rows.ts'
import type { Row } from './row.ts'
import { addressValue, subnetRange } from './subnets.ts'
import type { Surroundings } from './surroundings.ts'

const protocols = ['tcp', 'udp', 'sctp'] as const

/** Packets from some sources to containers of a network. */
interface Part {
  readonly saddr: RangeSet
  readonly daddr: RangeSet
  readonly dport: RangeSet
}

/** A way by which packets reach a network: an interface with machines behind it, or the bridge of a network. */
interface Way {
  readonly in: string
  readonly sources: RangeSet
  /** The network that the packets come from; null: other machines. */
  readonly network: DesiredNetwork | null
}

/** The sources of a way that an opening names; null: none. */
const namedIn = ({ from }: DesiredOpening, way: Way): RangeSet | null => {
  const none = null
  switch (from.kind) {
    case 'interface':
      return way.network === null && from.name === way.in ? way.sources : none
    case 'prefix': {
      const range = way.network === null ? subnetRange(from.prefix) : null
      return range === null ? none : intersectRanges(way.sources, range)
    }
    case 'network':
      return way.network?.name === from.network ? way.sources : none
    case 'container':
      return way.network?.name === from.network ? singleValue(addressValue(from.address)) : none
  }
}

const targetOf = ({ address }: DesiredOpening, members: RangeSet): RangeSet =>
  address === null ? members : singleValue(addressValue(address))

const portsOf = ({ ports }: DesiredOpening, protocol: Protocol): RangeSet =>
  ports === null ? everyPort : valueSet(ports.flatMap((one) => (one.protocol === protocol ? [one.port] : [])))

/** The ways by which openings of a network may be used. */
const waysOf = (desired: DesiredState, { entries, subnets }: Surroundings): readonly Way[] => [
  ...entries.map(({ name, sources }): Way => ({ in: name, sources, network: null })),
  ...desired.networks.flatMap((network): readonly Way[] => {
    const subnet = subnets.get(network)
    return subnet === undefined ? [] : [{ in: network.bridge, sources: subnet.members, network }]
  }),
]

/** The rows of the contract that `links` and `reachable_from` open. */
export const openingRows = (
  desired: DesiredState,
  network: DesiredNetwork,
  family: Family,
  around: Surroundings,
): readonly Row[] => {
  const own = around.subnets.get(network)
  const openings = openingsOf(desired, network, family)
  if (own === undefined || openings.length === 0) return []
  return waysOf(desired, around).flatMap((way) =>
    openings.flatMap((opening) => {
      const saddr = namedIn(opening, way)
      if (saddr === null || isEmptySet(saddr)) return []
      return protocols.flatMap((protocol): readonly Row[] => {
        const dport = opening.ports === null ? clientPorts : portsOf(opening, protocol)
        if (isEmptySet(dport)) return []
        const source = way.network === null ? 'machine' : way.network === network ? 'sibling' : 'stranger'
        return [
          {
            family,
            protocol: protocolNumber[protocol],
            mapping: null,
            network,
            source,
            way: 'direct',
            in: way.in,
            isUplink: around.entries.some(({ name, isUplink }) => isUplink && name === way.in),
            region: { saddr, daddr: targetOf(opening, own.members), sport: clientPorts, dport },
            prefers: own.known,
            choosesSource: false,
            ...(source === 'sibling' ? { isApart: true as const } : {}),
            opens: opening,
            expected: { kind: 'through', bridge: network.bridge, seenAs: 'own' },
          },
        ]
      })
    }),
  )
}

const without = ({ saddr, daddr, dport }: Part, opened: Part): readonly Part[] => {
  const [bothFrom, bothTo] = [intersectRanges(saddr, opened.saddr), intersectRanges(daddr, opened.daddr)]
  if (isEmptySet(bothFrom) || isEmptySet(bothTo)) return [{ saddr, daddr, dport }]
  return [
    { saddr, daddr: subtractRanges(daddr, opened.daddr), dport },
    { saddr: subtractRanges(saddr, opened.saddr), daddr: bothTo, dport },
    { saddr: bothFrom, daddr: bothTo, dport: subtractRanges(dport, opened.dport) },
  ].filter((part) => ![part.saddr, part.daddr, part.dport].some(isEmptySet))
}

/**
 * The packets to a network that no opening lets in.
 *
 * @param way - the way by which the packets come
 */
export const unopenedParts = (
  desired: DesiredState,
  network: DesiredNetwork,
  family: Family,
  protocol: Protocol,
  way: Way,
  members: RangeSet,
): readonly Part[] => {
  const whole: readonly Part[] = [{ saddr: way.sources, daddr: members, dport: everyPort }]
  const relevant = openingsOf(desired, network, family).flatMap((opening): readonly Part[] => {
    const saddr = namedIn(opening, way)
    if (
      saddr === null ||
      !(opening.ports === null || opening.ports.some((one) => opensPort(opening, protocol, one.port)))
    )
      return []
    return [{ saddr, daddr: targetOf(opening, members), dport: portsOf(opening, protocol) }]
  })
  return merged(relevant).reduce((parts, opened) => parts.flatMap((part) => without(part, opened)), whole)
}

/** Merges the containers that the same sources reach by the same ports into one part. */
const merged = (parts: readonly Part[]): readonly Part[] => {
  const bySource = new Map<string, Part>()
  for (const part of parts) {
    const key = [part.saddr, part.dport].map(({ starts, ends }) => `${starts}-${ends}`).join(' ')
    const known = bySource.get(key)
    bySource.set(key, known === undefined ? part : { ...part, daddr: uniteRanges([known.daddr, part.daddr]) })
  }
  return [...bySource.values()]
}
