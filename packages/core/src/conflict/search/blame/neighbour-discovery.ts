import {
  containsAddress,
  firstAddress,
  formatAddress,
  lastAddress,
  type Packet,
  parseAddress,
  parsePrefix,
  prefixAround,
  protocolNumber,
  tryParseInterfaceAddress,
} from '@portolan/netfilter'
import {
  type Conclusion,
  type Follower,
  openFlow,
  readFirstPacket,
  type TraceStep,
} from '@portolan/netfilter/analysis'
import type { DesiredEndpoint, DesiredNetwork, DesiredState, DesiredSubnet } from '../../../contract/index.ts'
import { isOurs } from '../follow/is-ours.ts'
import type { Surroundings } from '../rows/surroundings.ts'
import { isTunnel } from '../rows/tunnels.ts'
import { culpritKey } from './blame.ts'

/**
 * A rule or policy that drops messages of neighbour discovery. Without these messages no IPv6 packet finds its
 * receiver.
 */
export interface LostNeighbours {
  readonly step: TraceStep
  readonly certainty: 'certain' | 'possible'
  /** One message that is lost, with its trace. */
  readonly witness: Packet
  readonly conclusion: Conclusion
  /** The uplinks with machines that are not found, or do not find the host. */
  readonly uplinks: readonly string[]
  /** The networks with containers that are not found, or do not find the host. */
  readonly networks: readonly DesiredNetwork[]
  /** The networks with containers that do not find one another. */
  readonly between: readonly DesiredNetwork[]
}

/** A link on which the host and its neighbours, or two containers of a bridge, must find each other. */
interface Link {
  readonly name: string
  /** Null: an uplink. */
  readonly network: DesiredNetwork | null
  /** `own` is an address of a container, not of the host. */
  readonly isBetween?: true
  readonly own: string
  /** An address of another machine or container on the link. */
  readonly peer: string
}

/** ICMPv6 types (RFC 4861). */
const [SOLICITATION, ADVERTISEMENT] = [135, 136]

/**
 * Finds the rules that drop neighbour discovery between the host and its own links: the machines behind its uplinks,
 * and the containers of a project. Also finds those that drop it between two containers of a bridge, when br_netfilter
 * passes their frames to the IP hooks. The kernel does not track these messages. IPv4 is not affected: ARP meets no IP
 * hook.
 *
 * @param around - the surroundings for IPv6
 * @see RFC 4861; net/netfilter/nf_conntrack_proto_icmpv6.c `nf_conntrack_icmpv6_error`
 */
export const findLostNeighbours = (
  { host, follow }: Follower,
  desired: DesiredState,
  around: Surroundings,
): readonly LostNeighbours[] => {
  const found = new Map<object | string, LostNeighbours>()
  for (const link of linksOf(host, desired, around))
    for (const message of messagesOn(link)) {
      const lost = lossOf(message, (packet) => follow(openFlow(host, readFirstPacket(packet))))
      if (lost === null) continue
      const key = culpritKey(lost.step)
      const before = found.get(key) ?? { ...lost, uplinks: [], networks: [], between: [] }
      const { network, isBetween = false } = link
      const of = network === null ? [] : [network]
      found.set(key, {
        ...before,
        uplinks: network === null ? [...new Set([...before.uplinks, link.name])] : before.uplinks,
        networks: isBetween ? before.networks : [...new Set([...before.networks, ...of])],
        between: isBetween ? [...new Set([...before.between, ...of])] : before.between,
      })
    }
  return [...found.values()]
}

/** Kinds of interface without neighbour discovery. Tunnels have none either. */
const withoutNeighbours: ReadonlySet<string> = new Set(['loopback', 'dummy', 'none'])

const linksOf = (
  { links }: Follower['host'],
  { networks, endpoints, mappings }: DesiredState,
  { entries }: Surroundings,
): readonly Link[] => {
  const bridges = networks.flatMap((network): readonly Link[] => {
    const own = network.ip6?.gateway ?? null
    if (network.ip6 === null || own === null) return []
    const endpoint = endpoints.find((one) => one.network === network.name && one.ip6 !== null)
    const peer = endpoint?.ip6 ?? otherThan(own, `${own}/${network.ip6.subnet.split('/')[1]}`)
    return peer === null ? [] : [{ name: network.bridge, network, own, peer }]
  })
  const siblings = networks.flatMap((network): readonly Link[] => {
    if (network.ip6 === null || network.external || !network.icc) return []
    const [own, peer] = twoIn(
      network.ip6,
      endpoints.filter((one) => one.network === network.name),
    )
    if (own === undefined || peer === undefined) return []
    return [{ name: network.bridge, network, isBetween: true, own, peer }]
  })
  const inside = [...bridges, ...siblings]
  const goesOut =
    mappings.some(({ family }) => family === 'ip6') ||
    networks.some(({ ip6, internal }) => ip6 !== null && ip6.gateway !== null && !internal)
  if (!goesOut) return inside
  const uplinks = entries.flatMap(({ name, isUplink }): readonly Link[] => {
    const link = links.get(name)
    if (!isUplink || link === undefined || isTunnel(link)) return []
    if (withoutNeighbours.has(link.kind ?? '')) return []
    for (const { address, length } of link.addresses) {
      const own = formatAddress(address)
      const peer = address.family === 'ip6' && !isOfTheLink(own) ? otherThan(own, `${own}/${length}`) : null
      if (peer !== null) return [{ name, network: null, own, peer }]
    }
    return []
  })
  return [...inside, ...uplinks]
}

/** The addresses of two containers. Known endpoints come first. */
const twoIn = (
  { subnet, gateway }: DesiredSubnet,
  endpoints: readonly DesiredEndpoint[],
): readonly string[] => {
  const last = lastAddress(parsePrefix(subnet))
  const before = (steps: bigint): string =>
    formatAddress({ family: 'ip6', value: BigInt(last.value) - steps })
  const others = [before(0n), before(1n), before(2n)].filter(
    (one) => one !== gateway && containsAddress(parsePrefix(subnet), parseAddress(one)),
  )
  return [...new Set([...endpoints.flatMap(({ ip6 }) => ip6 ?? []), ...others])].slice(0, 2)
}

const isOfTheLink = (address: string): boolean => /^fe[89ab]/i.test(address)

/** Another address of the prefix that an address is in; null: there is none. */
const otherThan = (own: string, withLength: string): string | null => {
  const read = tryParseInterfaceAddress(withLength)
  if (read === null) return null
  const prefix = prefixAround(read.address, read.length)
  const [first, last] = [firstAddress(prefix), lastAddress(prefix)].map(formatAddress)
  return [last, first].find((one) => one !== undefined && one !== own) ?? null
}

/** One message in the forms that it may take: some senders use link-local addresses. */
type Message = readonly [Packet, ...Packet[]]

const linkLocal = 'fe80::5054:ff:fe12:3456'

/** The messages on a link: either side may ask, and either side may answer. */
const messagesOn = ({ name, own, peer, isBetween }: Link): readonly Message[] => {
  const base = { family: 'ip6', protocol: protocolNumber.icmpv6, state: 'untracked' } as const
  const comes = (icmpType: number, destination: string): Message => {
    const one = { ...base, in: name, icmpType, destination }
    return [
      { ...one, source: peer },
      { ...one, source: linkLocal },
    ]
  }
  const goes = (icmpType: number): Message => {
    const one = { ...base, source: own, icmpType }
    return [
      { ...one, destination: peer },
      { ...one, destination: linkLocal },
    ]
  }
  const come = [comes(SOLICITATION, solicitedNode(own)), comes(ADVERTISEMENT, own)]
  return isBetween ? come : [...come, goes(ADVERTISEMENT), goes(SOLICITATION)]
}

/** ff02::1:ff00:0/104 with the last three bytes of the address (RFC 4291, 2.7.1). */
const solicitedNode = (address: string): string => {
  const read = tryParseInterfaceAddress(`${address}/128`)
  const value = read !== null && typeof read.address.value === 'bigint' ? read.address.value : 0n
  return formatAddress({ family: 'ip6', value: (0xff0200000000000000000001ffn << 24n) | (value & 0xffffffn) })
}

type Lost = Pick<LostNeighbours, 'step' | 'certainty' | 'witness' | 'conclusion'>

/** The loss of a message; null: it arrives. It is lost only if it is lost in every form that can be followed. */
const lossOf = (
  message: Message,
  follow: (packet: Packet) => ReturnType<Follower['follow']>,
): Lost | null => {
  let lost: Lost | null = null
  for (const witness of message) {
    const { conclusions, run } = follow(witness)
    if (conclusions.some(({ end }) => end.kind === 'local' || end.kind === 'out')) return null
    const [conclusion] = conclusions
    const step = conclusion?.end.world.trace ?? null
    // The facts may name no link-local address, or no route for it.
    if (conclusion === undefined || step === null || step.chain === null || isOurs(step)) continue
    const isSure = !run.truncated && !run.doubtful && conclusions.every(({ end }) => !end.world.unknown)
    lost ??= { step, certainty: isSure ? 'certain' : 'possible', witness, conclusion }
  }
  return lost
}
