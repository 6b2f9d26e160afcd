/**
 * Which packet of a flow: the first, the answer to it, the next of the sender (of TCP the one that ends the handshake),
 * and the answer to that.
 */
export type PacketNumber = 1 | 2 | 3 | 4
