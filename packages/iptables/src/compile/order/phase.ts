/**
 * The position of a rule among the rules of its chain, from first to last. The rules of a chain may belong to several
 * projects that share a bridge, so the phase alone decides their order.
 */
export type Phase = number

/**
 * In a chain of one bridge, for packets forwarded to it. Rules that keep containers apart come before rules that do
 * not.
 */
export const toBridgePhase = {
  sameBridgeKnown: 0,
  openedInside: 1,
  sameBridgeDropped: 2,
  sameBridge: 3,
  loopback: 4,
  known: 5,
  openedOutside: 6,
  ping: 7,
  limited: 8,
  everyPort: 9,
  publishedPorts: 10,
  closed: 11,
  unknown: 12,
} as const

/** In a chain of one bridge, for source translation. */
export const sourcePhase = { hairpin: 0, loopback: 1 } as const

/** In the filter chain that accepts. */
export const acceptPhase = { answers: 0, toBridge: 1, fromBridge: 2 } as const

/** In the chain for packets from our bridges: to another bridge of ours, or out. */
export const betweenPhase = { toBridge: 0, outward: 1 } as const

/**
 * In the other chains, by the packets that a rule matches. Sources that are kept from the masquerade come before the
 * masquerade. Packets of foreign containers on a joined bridge are exempt from the forwarding guard, and the exemption
 * comes after the rules for our own packets there.
 */
export const commonPhase = { byEntry: 0, byExit: 1, kept: 2, bySource: 3, exempt: 3, all: 4 } as const

/** In a tree, which is laid out by port instead. */
export const inTree: Phase = 0
