/**
 * A netlink socket that speaks whole datagrams. The dialects build and read the bytes; this only carries them.
 * @public @since 0.1.0
 */
export interface NetlinkSocket {
  /**
   * Sends one datagram (one or several netlink messages) and resolves with every reply message, each still with
   * its nlmsghdr, up to and including the one that ends it: `expect` acks or errors, or a dump's NLMSG_DONE.
   */
  request(datagram: Uint8Array, expect: number): Promise<readonly Uint8Array[]>
  /** The most bytes that one datagram may have, where that is known: what is longer need not be made. */
  readonly longest?: number
  close(): void
}
