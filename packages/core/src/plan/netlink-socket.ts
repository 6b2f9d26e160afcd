/**
 * A netlink socket that sends and receives whole datagrams. The dialects build and read the bytes.
 * @public @since 0.1.0
 */
export interface NetlinkSocket {
  /**
   * Sends one datagram with one or more netlink messages. It resolves with the reply messages, each with its nlmsghdr,
   * up to and including the last one. The last one is a dump's NLMSG_DONE, or the ack or error that makes `expect` of
   * them.
   */
  request(datagram: Uint8Array, expect: number): Promise<readonly Uint8Array[]>
  /** The most bytes of one datagram, where known: a caller need not build a longer one. */
  readonly longest?: number
  close(): void
}
