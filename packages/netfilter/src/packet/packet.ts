import { type AddressInput, type Family, inputText } from '../address/index.ts'

/**
 * The first packet of a flow: it comes in by an interface, or a process of the host sends it. An absent key means the
 * value that most such packets have.
 * @public @since 0.1.0
 */
export interface Packet {
  readonly family: Family
  /** The interface it comes in by: a bridge stands for any of its ports. Null or absent: made by a process of the host. */
  readonly in?: string | null
  /** In any valid spelling. Null or absent, for a packet the host sends: the address that the kernel would choose. */
  readonly source?: string | null
  /** 0 to 65535; 49152 when absent. */
  readonly sourcePort?: number | null
  readonly destination: string
  /** 0 to 65535; null for a protocol without ports. */
  readonly destinationPort?: number | null
  /** `tcp`, `udp`, `sctp`, `icmp`, `icmpv6`, another name of `protocolNumber`, or a number. */
  readonly protocol: string | number
  /** The packet's conntrack state; `new` when absent. */
  readonly state?: PacketState
  readonly mark?: number
  /** As byte 13 of the TCP header: 2 is SYN. */
  readonly tcpFlags?: number
  /** An echo request when absent. */
  readonly icmpType?: number
  readonly icmpCode?: number
  /** The bridge port it comes in by, where `in` is the bridge. */
  readonly port?: string | null
}

/**
 * A packet as `evaluate` and `explain` take it: its addresses are text, or values of ip-num.
 * @public @since 0.1.0
 */
export interface PacketInput extends Omit<Packet, 'source' | 'destination'> {
  readonly source?: AddressInput | null
  readonly destination: AddressInput
}

/**
 * A packet with its addresses as text.
 * @internal
 */
export const packetOf = (input: PacketInput): Packet => ({
  ...input,
  ...(input.source == null ? { source: null } : { source: inputText(input.source) }),
  destination: inputText(input.destination),
})

/**
 * `established`: a later packet of a flow that no rule has translated. `invalid` and `untracked` packets have no
 * entry, and are never translated.
 * @public @since 0.1.0
 */
export type PacketState = 'new' | 'established' | 'related' | 'invalid' | 'untracked'
