import { littleEndian } from './byte-writer.ts'
import { NLMSG_ERROR, NLMSG_HEADER_LENGTH } from './constants.ts'

/** An answer to one message: `errno` 0 is an ack. */
export interface Reply {
  readonly sequence: number
  /** As in errno(3), positive. */
  readonly errno: number
}

/** NLMSG_ERROR (netlink(7)): a negative errno, then the header that is answered. Null of any other message. */
export const readReply = (message: Uint8Array): Reply | null => {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  if (message.length < NLMSG_HEADER_LENGTH + 4 || view.getUint16(4, littleEndian) !== NLMSG_ERROR) return null
  return {
    sequence: view.getUint32(8, littleEndian),
    errno: -view.getInt32(NLMSG_HEADER_LENGTH, littleEndian),
  }
}
