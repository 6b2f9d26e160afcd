import { align, concatenate } from './attribute.ts'
import { littleEndian } from './byte-order.ts'

/** struct nlmsghdr: length, type, flags, sequence, port. */
export const HEADER_LENGTH = 16

/** One message of a received datagram. `start` and `end` frame its payload within `view`. */
export interface MessageView {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  readonly view: DataView
  readonly start: number
  readonly end: number
}

/** Builds one message. */
export const message = (
  type: number,
  flags: number,
  sequence: number,
  ...payload: readonly Uint8Array[]
): Uint8Array => {
  const body = concatenate(payload)
  const bytes = new Uint8Array(HEADER_LENGTH + align(body.length))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, HEADER_LENGTH + body.length, littleEndian)
  view.setUint16(4, type, littleEndian)
  view.setUint16(6, flags, littleEndian)
  view.setUint32(8, sequence, littleEndian)
  bytes.set(body, HEADER_LENGTH)
  return bytes
}

/** Visits the messages of one datagram; a length that leaves the datagram ends the walk (`nlmsg_ok`). */
export const eachMessage = (datagram: Uint8Array, visit: (message: MessageView) => void): void => {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength)
  let offset = 0
  while (offset + HEADER_LENGTH <= datagram.length) {
    const length = view.getUint32(offset, littleEndian)
    if (length < HEADER_LENGTH || offset + length > datagram.length) return
    visit({
      type: view.getUint16(offset + 4, littleEndian),
      flags: view.getUint16(offset + 6, littleEndian),
      sequence: view.getUint32(offset + 8, littleEndian),
      view,
      start: offset + HEADER_LENGTH,
      end: offset + length,
    })
    offset += align(length)
  }
}

/** The message with its header, as one piece of bytes of its own. */
export const wholeMessage = (part: MessageView): Uint8Array =>
  new Uint8Array(
    part.view.buffer,
    part.view.byteOffset + part.start - HEADER_LENGTH,
    part.end - part.start + HEADER_LENGTH,
  ).slice()

/** The errno an NLMSG_ERROR carries, positive; 0 is an acknowledgement. */
export const errorNumber = (part: MessageView): number => -part.view.getInt32(part.start, littleEndian)

/** The type of the request an NLMSG_ERROR answers: struct nlmsgerr holds that request's header. */
export const answeredType = (part: MessageView): number =>
  part.end - part.start >= 4 + HEADER_LENGTH ? part.view.getUint16(part.start + 8, littleEndian) : 0
