import { type Protocol, protocolNumber } from '@portolan/netfilter'
import type { Passage } from '@portolan/netfilter/advice'
import type { DesiredOpening } from '../../contract/index.ts'
import type { Row } from '../search/row.ts'

/** Where a chain asks for packets, and what it can ask for there. */
interface Place {
  /** The interface that they leave by; null: it is not known there. */
  readonly out: string | null
  /** False: the interface that they came in by is not known any more. */
  readonly knowsIn: boolean
  /** The containers' addresses, for an opening that names none; null: the interface says enough. */
  readonly destinations: readonly (string | null)[]
}

/** What an entry of `links` or `reachable_from` lets in, and nothing beside it. */
export const openingPassages = (
  row: Row,
  { from, address, ports }: DesiredOpening,
  { out, knowsIn, destinations }: Place,
): readonly Passage[] => {
  const own = {
    family: row.family,
    in: knowsIn ? row.in : null,
    out,
    source: from.kind === 'prefix' ? from.prefix : from.kind === 'container' ? from.address : null,
    sourcePort: null,
    answers: false,
  }
  const to = address === null ? destinations : [address]
  const opened = to.flatMap((destination): readonly Passage[] =>
    ports === null
      ? [{ ...own, destination, protocol: null, destinationPort: null }]
      : ports.flatMap(({ protocol, port }) =>
          numberOf(protocol) === row.protocol
            ? [{ ...own, destination, protocol: row.protocol, destinationPort: port }]
            : [],
        ),
  )
  if (row.source !== 'sibling' || row.family === 'ip') return opened
  // Neighbours on a bridge find each other by ICMPv6 (RFC 4861). What else of it they may not send is refused by us.
  const search = { ...own, source: null, destination: null, destinationPort: null }
  return [...opened, { ...search, protocol: protocolNumber.icmpv6 }]
}

const numberOf = (protocol: Protocol): number => protocolNumber[protocol]
