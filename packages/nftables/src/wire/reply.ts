import { errorNumber, NLMSG_ERROR, readMessage } from '@portolan/core/netlink'

/** A reply to one message. `errno` 0 is an acknowledgement. */
export interface Reply {
  readonly sequence: number
  /** The number of errno(3), positive. */
  readonly errno: number
}

/** Reads an NLMSG_ERROR (netlink(7)): a negative errno, then the header of the request. Null for any other message. */
export const readReply = (bytes: Uint8Array): Reply | null => {
  const message = readMessage(bytes)
  if (message.type !== NLMSG_ERROR || message.end - message.start < 4) return null
  return { sequence: message.sequence, errno: errorNumber(message) }
}
