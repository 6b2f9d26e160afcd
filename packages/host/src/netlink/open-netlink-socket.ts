import type { NetlinkSocket } from '@portolan/core'
import { NLMSG_HEADER_LENGTH } from '@portolan/core/netlink'
import { openConnection } from './connection.ts'
import { NETLINK_NETFILTER } from './constants.ts'

/**
 * Opens a netlink socket in the network namespace of this process: the real `NetlinkSocket` for the nftables dialect.
 * It keeps the process alive only while a request is open.
 *
 * Requests are answered one after the other. The sequence numbers of a request distinguish its replies from those of
 * the request before, so consecutive requests should not share them. The kernel may refuse an nfnetlink batch as a
 * whole (EPERM, ENOMEM). The request then ends with the one error that the kernel sends, whatever `expect` says.
 *
 * @param protocol - netlink protocol number; absent: 12 (NETLINK_NETFILTER)
 * @throws PortolanError (`NETLINK`) from `request` when a datagram does not fit into the send buffer, replies
 * were lost (ENOBUFS) or the socket is closed; an NLMSG_ERROR is a reply, not an exception
 * @example
 * const socket = openNetlinkSocket()
 * const replies = await socket.request(batch, 1)
 * socket.close()
 * @public @since 0.1.0
 */
export const openNetlinkSocket = (protocol: number = NETLINK_NETFILTER): NetlinkSocket => {
  const connection = openConnection(protocol)
  return {
    request: async (datagram, expect) => {
      const replies: Uint8Array[] = []
      await connection.exchange(datagram, expect, ({ view, start, end }) => {
        const from = start - NLMSG_HEADER_LENGTH
        replies.push(new Uint8Array(view.buffer, view.byteOffset + from, end - from))
      })
      return replies
    },
    longest: connection.longest,
    close: () => connection.close(),
  }
}
