import { tryParseAddress } from '../address/index.ts'
import { InvalidRequestError } from '../error/index.ts'
import { portProtocols, protocolNumber } from '../netfilter/index.ts'
import { type Packet, protocolOf } from '../packet/index.ts'
import type { Host } from './host.ts'
import { findLink } from './link.ts'
import { isMulticast } from './route-input.ts'
import { lookUpLocal } from './router.ts'
import { chooseSource } from './send.ts'
import type { World } from './world.ts'

const SOURCE_PORT = 49152
const SYN = 2
const ACK = 16

/** PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST (include/uapi/linux/if_packet.h). */
const HOST = 0
const BROADCAST = 1
const MULTICAST = 2

/**
 * The world in which a packet has just been made.
 *
 * @throws InvalidRequestError for addresses of two families, or none, or a protocol nobody knows
 */
export const openFlow = (host: Host, packet: Packet): World => {
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
  const entry = named === null ? null : findLink(host.links, named)
  // A packet that comes in by a port of a bridge, or a leg of a bond, comes in by the bridge or the bond.
  const bridge = entry === null || entry.master === null ? null : findLink(host.links, entry.master)
  const isPort = bridge !== null && (bridge.kind === 'bridge' || bridge.kind === null)
  const from = isPort ? bridge : entry
  const port = isPort
    ? entry
    : packet.port === undefined || packet.port === null
      ? null
      : findLink(host.links, packet.port)
  const state = packet.state ?? 'new'
  return {
    family,
    protocol,
    given: state,
    tcpFlags: packet.tcpFlags ?? (state === 'new' ? SYN : ACK),
    icmpType: packet.icmpType ?? (protocol === protocolNumber.icmpv6 ? 128 : 8),
    icmpCode: packet.icmpCode ?? 0,
    saddr: sender === null ? chooseSource(host, { family, daddr }) : addressOf(sender, family),
    daddr,
    sport: hasPorts ? (packet.sourcePort ?? SOURCE_PORT) : -1,
    dport: hasPorts ? (packet.destinationPort ?? 0) : -1,
    in: from,
    out: null,
    port,
    viaBridge: false,
    bridged: false,
    mark: packet.mark ?? 0,
    packetType: from === null ? HOST : packetTypeOf(host, family, daddr),
    looped: false,
    hook: 'prerouting',
    route: null,
    tracking: state === 'untracked' ? 'untracked' : 'pending',
    state: 'new',
    reply: false,
    original: null,
    answer: null,
    status: 0,
    ctMark: 0,
    zone: 0,
    entryZone: 0,
    boundSource: false,
    boundDestination: false,
    sourcePorts: null,
    tproxy: false,
    rerouted: null,
    returnBy: null,
    unknown: false,
    trace: null,
  }
}

const addressOf = (text: string, family: Packet['family']): number | bigint => {
  const address = tryParseAddress(text)
  if (address !== null && address.family === family) return address.value
  throw new InvalidRequestError(`"${text}" is not an address of family ${family}.`)
}

const packetTypeOf = (host: Host, family: Packet['family'], daddr: number | bigint): number => {
  if (daddr === 0xffffffff || lookUpLocal(host.routers[family], daddr)?.type === 'broadcast') return BROADCAST
  return isMulticast(daddr) ? MULTICAST : HOST
}
