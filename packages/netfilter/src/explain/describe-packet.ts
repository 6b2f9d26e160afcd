import { checkText } from '../error/check-text.ts'
import { protocolNumber } from '../model/index.ts'
import { type Packet, protocolOf } from '../packet/index.ts'

/**
 * An address with its port, as a URL writes it.
 * @example
 * socketText('2001:db8::1', 80) // '[2001:db8::1]:80'
 * @public @since 0.1.0
 */
export const socketText = (address: string, port: number | null | undefined): string => {
  checkText(address, 'address')
  checkText(address, 'address')
  if (port === null || port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Phrases for protocols with names in capitals. The spoken name decides between `a` and `an`. */
const withArticle: Readonly<Record<string, string>> = {
  tcp: 'a TCP packet',
  udp: 'a UDP packet',
  sctp: 'an SCTP packet',
  dccp: 'a DCCP packet',
  udplite: 'a UDP-Lite packet',
}

const kindOf = ({ protocol, icmpType }: Packet): string => {
  const number = protocolOf(protocol)
  if (number === protocolNumber.icmp || number === protocolNumber.icmpv6) {
    const [words, request] = number === protocolNumber.icmp ? ['an ICMP', 8] : (['an ICMPv6', 128] as const)
    return icmpType === undefined || icmpType === request
      ? `${words} echo request`
      : `${words} packet of type ${icmpType}`
  }
  const name = Object.entries(protocolNumber).find(([, value]) => value === number)?.[0]
  return withArticle[name ?? ''] ?? `a packet of protocol ${name ?? protocol}`
}

/** The first sentence of a story: the packet, and where it begins. */
export const describePacket = (packet: Packet): string => {
  const { in: name, source, sourcePort, destination, destinationPort, state = 'new' } = packet
  const to = socketText(destination, destinationPort)
  const from = source === null || source === undefined ? '' : ` from ${socketText(source, sourcePort)}`
  const seen = state === 'new' ? '' : `, seen by connection tracking as ${state},`
  if (name === null || name === undefined)
    return `A process of this host sends ${kindOf(packet)}${from} to ${to}${seen.replace(/,$/, '')}.`
  const kind = kindOf(packet)
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}${from} to ${to}${seen} comes in by ${name}.`
}

/** Whether the receiver answers the packet, so that there is a way back to tell. */
export const isAnswered = ({ protocol, icmpType, state = 'new' }: Packet): boolean => {
  if (state !== 'new' && state !== 'established') return false
  const number = protocolOf(protocol)
  if (number === protocolNumber.icmp) return (icmpType ?? 8) === 8
  return number !== protocolNumber.icmpv6 || (icmpType ?? 128) === 128
}
