/**
 * The number of a packet in its flow: 1 for the first, 2 for the answer to it, 3 for the sender's next (of TCP the one
 * that ends the handshake), and 4 for the answer to that.
 * @public @since 0.1.0
 */
export type PacketNumber = 1 | 2 | 3 | 4

/**
 * Tells whether a packet goes against the direction of its flow.
 * @example
 * isAnswer(2) // true
 * @public @since 0.1.0
 */
export const isAnswer = (packet: PacketNumber): boolean => packet === 2 || packet === 4
