/**
 * Protocol numbers (IANA) that rules name.
 * @public @since 0.1.0
 */
export const protocolNumber = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  sctp: 132,
  udplite: 136,
} as const

/**
 * The protocols whose headers begin with a source and a destination port.
 * @public @since 0.1.0
 */
export const portProtocols: readonly number[] = [
  protocolNumber.tcp,
  protocolNumber.udp,
  protocolNumber.dccp,
  protocolNumber.sctp,
  protocolNumber.udplite,
]

/** @public @since 0.1.0 */
export type Protocol = 'tcp' | 'udp' | 'sctp'

const names: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

/**
 * The name of a protocol; its number where no name is listed here.
 * @example
 * protocolName(17) // 'udp'
 * @public @since 0.1.0
 */
export const protocolName = (protocol: number): string => names[protocol] ?? String(protocol)
