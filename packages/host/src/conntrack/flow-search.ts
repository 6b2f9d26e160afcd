import type { Family, Protocol } from '@portolan/netfilter'
import type { ConntrackEntry } from './conntrack-message.ts'

/** A search for the entries to delete: entries of some families that pass a test. */
export interface FlowSearch {
  readonly families: ReadonlySet<Family>
  readonly isWanted: (entry: ConntrackEntry) => boolean
}

/** The protocol numbers of IANA, as conntrack entries have them. */
export const protocolNumbers: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 }
