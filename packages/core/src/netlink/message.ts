import { align } from './attribute.ts'
import { littleEndian } from './byte-order.ts'
import { NLMSG_HEADER_LENGTH } from './constants.ts'

/** One message of a received datagram. Its payload lies in `view`, from `start` to `end`. */
export interface MessageView {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  readonly view: DataView
  readonly start: number
  readonly end: number
}

/** Visits the messages of one datagram. A length that leaves the datagram ends the walk (`nlmsg_ok`). */
export const eachMessage = (datagram: Uint8Array, visit: (message: MessageView) => void): void => {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength)
  let offset = 0
  while (offset + NLMSG_HEADER_LENGTH <= datagram.length) {
    const length = view.getUint32(offset, littleEndian)
    if (length < NLMSG_HEADER_LENGTH || offset + length > datagram.length) return
    visit(messageAt(view, offset, length))
    offset += align(length)
  }
}

const messageAt = (view: DataView, offset: number, length: number): MessageView => ({
  type: view.getUint16(offset + 4, littleEndian),
  flags: view.getUint16(offset + 6, littleEndian),
  sequence: view.getUint32(offset + 8, littleEndian),
  view,
  start: offset + NLMSG_HEADER_LENGTH,
  end: offset + length,
})

/** Reads a single message with its header, as `NetlinkSocket.request` gives it. */
export const readMessage = (bytes: Uint8Array): MessageView =>
  messageAt(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.byteLength)

/**
 * The errno that ends a dump, or 0. NLMSG_DONE holds a negative errno where the dump failed midway, and may hold
 * nothing.
 */
export const doneNumber = (part: MessageView): number =>
  part.end - part.start >= 4 ? Math.max(0, -part.view.getInt32(part.start, littleEndian)) : 0

/** The errno an NLMSG_ERROR carries, positive; 0 is an acknowledgement. */
export const errorNumber = (part: MessageView): number => -part.view.getInt32(part.start, littleEndian)

/** The type of the request that an NLMSG_ERROR answers: struct nlmsgerr holds that request's header. */
export const answeredType = (part: MessageView): number =>
  part.end - part.start >= 4 + NLMSG_HEADER_LENGTH ? part.view.getUint16(part.start + 8, littleEndian) : 0
