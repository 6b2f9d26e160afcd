import * as v from 'valibot'
import { absentOr, between, onlyOf, orNull, type Schema, text, textOrNull } from '../schema/index.ts'
import type { PacketState } from './packet.ts'

const states: readonly PacketState[] = ['new', 'established', 'related', 'invalid', 'untracked']

/** A schema of one of these words. An empty word means the same as null. */
const oneOfOrNothing = <Word extends string>(words: readonly Word[]): Schema<Word | '' | null> =>
  orNull(v.picklist([...words, '' as const], `one of ${words.join(', ')}`))

const upTo = (most: number): Schema<number | null> =>
  orNull(between(0, most, `a whole number from 0 to ${most}`))

/**
 * A packet as written in JSON, before `readPacket` fills in absent keys. `readPacket` also checks the addresses and the
 * name of the protocol.
 */
export interface WrittenPacket {
  readonly family?: 'ip' | 'ip6' | '' | null
  readonly in?: string | null
  readonly source?: string | null
  readonly sourcePort?: number | null
  readonly destination: string
  readonly destinationPort?: number | null
  readonly protocol?: string | number | null
  readonly state?: PacketState | '' | null
  readonly mark?: number | null
  readonly tcpFlags?: number | null
  readonly icmpType?: number | null
  readonly icmpCode?: number | null
  readonly port?: string | null
}

/** The names that iptables, nft and tcpdump use for these keys. */
const otherWords: Readonly<Record<string, string>> = {
  dport: 'destinationPort',
  sport: 'sourcePort',
  src: 'source',
  saddr: 'source',
  dst: 'destination',
  daddr: 'destination',
  proto: 'protocol',
  iif: 'in',
  iifname: 'in',
  interface: 'in',
}

/** A line of `portolan evaluate`. */
export const packetSchema: Schema<WrittenPacket> = onlyOf(
  {
    family: absentOr(oneOfOrNothing(['ip', 'ip6'] as const)),
    in: absentOr(textOrNull),
    source: absentOr(textOrNull),
    sourcePort: absentOr(upTo(65535)),
    destination: text('an IP address'),
    destinationPort: absentOr(upTo(65535)),
    protocol: absentOr(orNull(v.union([v.string(), v.number()], 'the name of a protocol, or its number'))),
    state: absentOr(oneOfOrNothing(states)),
    mark: absentOr(upTo(0xffffffff)),
    tcpFlags: absentOr(upTo(255)),
    icmpType: absentOr(upTo(255)),
    icmpCode: absentOr(upTo(255)),
    port: absentOr(textOrNull),
  },
  otherWords,
)
