import { type AddressInput, inputText, tryParseAddress } from '../../address/index.ts'
import { InvalidRequestError } from '../../error/index.ts'
import { portProtocols, protocolNumber } from '../../model/index.ts'
import { type Packet, type PacketInput, protocolOf } from '../../packet/index.ts'
import type { Learner } from '../learn/learner.ts'
import { type Host, isBridge } from '../packet/host.ts'
import { noOrigins, type Origins, withOrigin } from '../packet/origins.ts'
import type { World } from '../packet/world.ts'
import { findLink, type Link, MOST_LEVELS } from '../route/link.ts'
import { isMulticast } from '../route/route-input.ts'
import { lookUpLocal } from '../route/router.ts'
import { chooseSource } from './send.ts'

const SOURCE_PORT = 49152
const SYN = 2
const ACK = 16

/** PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST (include/uapi/linux/if_packet.h). */
const HOST = 0
const BROADCAST = 1
const MULTICAST = 2

/** The first packet of a flow in its final form: addresses are values, and a protocol is its number. */
export interface FirstPacket {
  readonly family: Packet['family']
  readonly protocol: number
  readonly in: string | null
  readonly port: string | null
  /** Null, for a packet that the host sends: the address that the kernel would choose. */
  readonly saddr: number | bigint | null
  readonly daddr: number | bigint
  /** -1: the protocol has no ports. */
  readonly sport: number
  readonly dport: number
  readonly state: NonNullable<Packet['state']>
  readonly mark: number
  readonly tcpFlags: number | null
  readonly icmpType: number | null
  readonly icmpCode: number
}

/**
 * Reads the addresses and names of a packet.
 *
 * @throws InvalidRequestError for addresses of two families, or none, or a protocol that is not known
 */
export const readFirstPacket = (packet: PacketInput): FirstPacket => {
  const { family } = packet
  const protocol = protocolOf(packet.protocol)
  if (protocol === null)
    throw new InvalidRequestError(`"${packet.protocol}" is not a protocol; give its number.`)
  const daddr = addressOf(packet.destination, family)
  const named = packet.in ?? null
  const sender = packet.source ?? null
  if (named !== null && sender === null)
    throw new InvalidRequestError(`A packet that comes in by ${named} needs a source address.`)
  const hasPorts = portProtocols.includes(protocol)
  return {
    family,
    protocol,
    in: named,
    port: packet.port ?? null,
    saddr: sender === null ? null : addressOf(sender, family),
    daddr,
    sport: hasPorts ? (packet.sourcePort ?? SOURCE_PORT) : -1,
    dport: hasPorts ? (packet.destinationPort ?? 0) : -1,
    state: packet.state ?? 'new',
    mark: packet.mark ?? 0,
    tcpFlags: packet.tcpFlags ?? null,
    icmpType: packet.icmpType ?? null,
    icmpCode: packet.icmpCode ?? 0,
  }
}

/** Kinds of interfaces that take a packet over from their ports before any IP hook. */
const takesOver: ReadonlySet<string> = new Set(['bond', 'team'])

/**
 * The interface that the IP hooks see for a packet that comes in by a port: the bridge, bond or team above it. For a VRF
 * the kernel runs PREROUTING for the port and again for the VRF, and the later hooks see the VRF
 * (drivers/net/vrf.c `vrf_rcv_nfhook`). The evaluator does not simulate this.
 *
 * @returns `leg`: the port directly below it, which a bridge takes the packet for (isolation, physdev); null: there is none
 * @see drivers/net/bonding/bond_main.c `bond_handle_frame`, drivers/net/team/team_core.c `team_handle_frame`
 */
const receiving = (host: Host, entry: Link): { readonly from: Link; readonly leg: Link | null } => {
  let from = entry
  let leg: Link | null = null
  // A bond may be a port of a bridge. Facts may name an interface as its own master, so each step has to lead up.
  for (let steps = 0; from.master !== null && steps < MOST_LEVELS; steps += 1) {
    const above = findLink(host.links, from.master)
    if (!isBridge(host, above) && !takesOver.has(above.kind ?? '')) break
    leg = from
    from = above
  }
  return { from, leg }
}

/** The world of a packet that has met nothing yet. */
export const openFlow = (host: Host, packet: FirstPacket, learner: Learner | null = null): World => {
  const { family, protocol, daddr, state } = packet
  const entry = packet.in === null ? null : findLink(host.links, packet.in)
  const { from, leg } = entry === null ? { from: null, leg: null } : receiving(host, entry)
  const saddr = packet.saddr ?? chooseSource(host, { family, daddr })
  const port = leg ?? (packet.port === null ? null : findLink(host.links, packet.port))
  return {
    family,
    protocol,
    given: state,
    packet: 1,
    tcpFlags: packet.tcpFlags ?? (state === 'new' ? SYN : ACK),
    icmpType: packet.icmpType ?? (protocol === protocolNumber.icmpv6 ? 128 : 8),
    icmpCode: packet.icmpCode,
    saddr,
    daddr,
    sport: packet.sport,
    dport: packet.dport,
    origins: firstOrigins(learner?.origins ?? noOrigins, packet.saddr === null, saddr === daddr),
    in: from,
    out: null,
    port,
    viaBridge: false,
    bridged: false,
    mark: packet.mark,
    packetType: from === null ? HOST : packetTypeOf(host, family, daddr),
    hopLimit: null,
    looped: false,
    hook: from === null ? 'output' : 'prerouting',
    route: null,
    routedBy: null,
    tracking: state === 'untracked' ? 'untracked' : 'pending',
    state: 'new',
    reply: false,
    original: null,
    answer: null,
    status: 0,
    ctMark: 0,
    zone: 0,
    zoneWay: 'both',
    entryZone: 0,
    entryZoneWay: 'both',
    boundSource: false,
    boundDestination: false,
    sourcePorts: null,
    tproxy: false,
    rerouted: null,
    returnBy: null,
    learner,
    unknown: false,
    doubted: false,
    isOfOthers: false,
    trace: null,
  }
}

/**
 * The origins of the first packet. A packet from the host to itself gets its destination as source, so both share one
 * origin.
 */
const firstOrigins = (origins: Origins, isChosen: boolean, isOwn: boolean): Origins =>
  isChosen ? withOrigin(origins, 'saddr', isOwn ? origins.daddr : null) : origins

const addressOf = (input: AddressInput, family: Packet['family']): number | bigint => {
  const address = tryParseAddress(input)
  if (address !== null && address.family === family) return address.value
  throw new InvalidRequestError(`"${inputText(input)}" is not an address of family ${family}.`)
}

const packetTypeOf = (host: Host, family: Packet['family'], daddr: number | bigint): number => {
  if (daddr === 0xffffffff || lookUpLocal(host.routers[family], daddr)?.type === 'broadcast') return BROADCAST
  return isMulticast(daddr) ? MULTICAST : HOST
}
