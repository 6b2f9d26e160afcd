/**
 * The number of a packet in its flow: 1 for the first, 2 for the answer to it, 3 for the sender's next (of TCP the one
 * that ends the handshake), and 4 for the answer to that.
 */
export type PacketNumber = 1 | 2 | 3 | 4
