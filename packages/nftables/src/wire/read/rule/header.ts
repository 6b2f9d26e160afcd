import {
  NFT_PAYLOAD_NETWORK_HEADER,
  NFT_PAYLOAD_TRANSPORT_HEADER,
  NFTA_PAYLOAD_BASE,
  NFTA_PAYLOAD_DREG,
  NFTA_PAYLOAD_LEN,
  NFTA_PAYLOAD_OFFSET,
} from '../../constants.ts'
import { attributesIn, numberIn, type Span } from '../attributes.ts'
import { destinationPort, field } from './load.ts'
import { type RuleReading, takeBack } from './reading.ts'
import type { Loaded } from './register.ts'

/** The address fields of a header, by their offset (RFC 791, section 3.1, and RFC 8200, section 3). */
const addresses = {
  ip: new Map([
    [12, field('ip', 'saddr', 'ipv4_addr', 4)],
    [16, field('ip', 'daddr', 'ipv4_addr', 4)],
  ]),
  ip6: new Map([
    [8, field('ip6', 'saddr', 'ipv6_addr', 16)],
    [24, field('ip6', 'daddr', 'ipv6_addr', 16)],
  ]),
} as const

/** IANA protocol numbers of ICMP and ICMPv6. */
const types: ReadonlyMap<number, Loaded> = new Map([
  [1, field('icmp', 'type', 'icmp_type', 1)],
  [58, field('icmpv6', 'type', 'icmpv6_type', 1)],
])

interface Place {
  readonly offset: number
  readonly length: number
}

/** Reads an address field, or the first bytes of it where only those are compared. */
const readNetwork = (reading: RuleReading, { offset, length }: Place): Loaded | null => {
  const { network } = reading
  if (network === null || !takeBack(reading, network)) return null
  const found = addresses[network.family].get(offset)
  return found === undefined || length > found.bytes ? null : { ...found, bytes: length }
}

const readTransport = (reading: RuleReading, { offset, length }: Place): Loaded | null => {
  const { transport, network } = reading
  if (transport === null) return offset === 2 && length === 2 ? destinationPort : null
  const found = types.get(transport.protocol)
  if (found === undefined || offset !== 0 || length !== 1) return null
  // ICMP and ICMPv6 each belong to one family, so nft's checks of family and protocol are both taken back.
  return network !== null && takeBack(reading, transport) && takeBack(reading, network) ? found : null
}

const known = [NFTA_PAYLOAD_DREG, NFTA_PAYLOAD_BASE, NFTA_PAYLOAD_OFFSET, NFTA_PAYLOAD_LEN]

export const readPayload = (reading: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, known)
  if (attributes === null) return false
  const offset = numberIn(attributes, NFTA_PAYLOAD_OFFSET)
  const length = numberIn(attributes, NFTA_PAYLOAD_LEN)
  if (offset === null || length === null) return false
  const base = numberIn(attributes, NFTA_PAYLOAD_BASE)
  const found =
    base === NFT_PAYLOAD_NETWORK_HEADER
      ? readNetwork(reading, { offset, length })
      : base === NFT_PAYLOAD_TRANSPORT_HEADER
        ? readTransport(reading, { offset, length })
        : null
  return found !== null && reading.registers.put(numberIn(attributes, NFTA_PAYLOAD_DREG), found)
}
