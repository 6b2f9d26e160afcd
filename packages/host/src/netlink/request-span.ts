import { align, littleEndian, NLM_F_DUMP, NLMSG_HEADER_LENGTH } from '@portolan/core/netlink'

/**
 * Of the messages of one datagram: their sequence numbers, which mostly follow each other, and whether one asks for a
 * listing.
 */
export interface RequestSpan {
  readonly first: number
  readonly count: number
  readonly isListing: boolean
}

/** Reads the headers of a datagram that is to be sent. */
export const requestSpan = (datagram: Buffer): RequestSpan => {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength)
  let [first, count, isListing] = [0, 0, false]
  for (let at = 0; at + NLMSG_HEADER_LENGTH <= datagram.length; ) {
    const sequence = view.getUint32(at + 8, littleEndian)
    if (at === 0) first = sequence
    count = Math.max(count, ((sequence - first) >>> 0) + 1)
    isListing ||= (view.getUint16(at + 6, littleEndian) & NLM_F_DUMP) === NLM_F_DUMP
    at += align(Math.max(NLMSG_HEADER_LENGTH, view.getUint32(at, littleEndian)))
  }
  return { first, count, isListing }
}

/** Does a reply belong to a request? Numbers go on with 0 behind the last one of 32 bits. */
export const isOfRequest = ({ first, count }: RequestSpan, sequence: number): boolean =>
  (sequence - first) >>> 0 < count
