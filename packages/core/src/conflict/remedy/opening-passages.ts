import { type Protocol, protocolNumber } from '@portolan/netfilter'
import type { Passage } from '@portolan/netfilter/advice'
import type { DesiredOpening } from '../../contract/index.ts'
import type { Row } from '../search/rows/row.ts'

/** The place of a chain, with what it can match there. */
interface Place {
  /** The interface that the packets leave by; null: it is not known there. */
  readonly out: string | null
  /** False: the interface that the packets came in by is no longer known. */
  readonly knowsIn: boolean
  /** The addresses of containers, for an opening that names none; null: the interface is enough. */
  readonly destinations: readonly (string | null)[]
}

/** The packets that an entry of `links` or `reachable_from` lets in, and no others. */
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
  // Neighbours on a bridge find each other by ICMPv6 (RFC 4861). Managed rules refuse the rest of ICMPv6 if it is not
  // allowed.
  const search = { ...own, source: null, destination: null, destinationPort: null }
  return [...opened, { ...search, protocol: protocolNumber.icmpv6 }]
}

const numberOf = (protocol: Protocol): number => protocolNumber[protocol]
