import { errorNumber, NLMSG_ERROR, readMessage } from '@portolan/core/netlink'

/** An answer to one message: `errno` 0 is an ack. */
export interface Reply {
  readonly sequence: number
  /** As in errno(3), positive. */
  readonly errno: number
}

/** NLMSG_ERROR (netlink(7)): a negative errno, then the header that is answered. Null of any other message. */
export const readReply = (bytes: Uint8Array): Reply | null => {
  const message = readMessage(bytes)
  if (message.type !== NLMSG_ERROR || message.end - message.start < 4) return null
  return { sequence: message.sequence, errno: errorNumber(message) }
}
