import type { Family } from '../../address/index.ts'
import { conntrackStatus, protocolNumber } from '../../model/index.ts'
import { openFlow } from '../flow/open-flow.ts'
import type { Host } from '../packet/host.ts'
import type { World } from '../packet/world.ts'

/**
 * Two packets of one flow and one direction that meet a chain: one that passed, and a later one. They differ only in
 * their conntrack state and in TCP's flags.
 */
export interface PacketPair {
  readonly earlier: World
  readonly later: World
}

/** The kinds of pairs that are told apart: by family, by direction, and TCP or not. */
export interface PairKind {
  readonly family: Family
  readonly isTcp: boolean
  /** 3: the sender's next packet, compared with the first. 4: the answer to it, compared with the first answer. */
  readonly packet: 3 | 4
}

const SYN = 2
const SYN_ACK = 18
const ACK = 16

const { confirmed, assured, snat, dnat } = conntrackStatus
const seen = conntrackStatus['seen-reply']

/** The bits of translation that the earlier and the later packet may have. A bound side stays bound. */
const translations: readonly (readonly [number, number])[] = [0, snat, dnat, snat | dnat].flatMap((later) =>
  [0, snat, dnat, snat | dnat]
    .filter((earlier) => (earlier & ~later) === 0)
    .map((earlier) => [earlier, later] as const),
)

/**
 * All pairs of packets that can meet a chain behind connection tracking. In front of it, neither packet has an entry.
 *
 * @param isEarly - whether the chain stands in front of connection tracking
 */
export const pairsOf = (host: Host, kind: PairKind, isEarly: boolean): readonly PacketPair[] => {
  const { family, isTcp, packet } = kind
  const zero = family === 'ip' ? 0 : 0n
  const any = openFlow(host, {
    family,
    protocol: isTcp ? protocolNumber.tcp : protocolNumber.udp,
    in: null,
    port: null,
    saddr: zero,
    daddr: zero,
    sport: 0,
    dport: 0,
    state: 'new',
    mark: 0,
    tcpFlags: null,
    icmpType: null,
    icmpCode: 0,
  })
  const reply = packet === 4
  const earlier: World = { ...any, reply, tcpFlags: reply ? SYN_ACK : SYN }
  const later: World = { ...any, reply, tcpFlags: ACK }
  if (isEarly) return [{ earlier, later }]
  const known = { tracking: 'tracked', state: 'established' } as const
  const sure = isTcp ? assured : 0
  if (reply)
    return translations
      .filter(([one, other]) => one === other)
      .map(([bits]) => ({
        earlier: { ...earlier, ...known, status: bits | seen | confirmed },
        later: { ...later, ...known, status: bits | seen | confirmed | sure },
      }))
  return translations.flatMap(([one, other]) =>
    [0, confirmed].map((was) => ({
      earlier: { ...earlier, tracking: 'tracked', state: 'new', status: one | was } as const,
      later: { ...later, ...known, status: other | seen | confirmed | sure },
    })),
  )
}
