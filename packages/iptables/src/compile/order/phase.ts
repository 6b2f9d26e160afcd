/**
 * When a rule is asked among those of its chain, from first to last. Rules of one chain may be of several projects, which
 * share a bridge, so that each rule is placed by its phase alone.
 */
export type Phase = number

/** In a chain of one bridge, for what is forwarded to it. What keeps its containers apart is asked before what does not. */
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

/** In a chain of one bridge, for sources that are rewritten. */
export const sourcePhase = { hairpin: 0, loopback: 1 } as const

/** In the chain of filter that accepts. */
export const acceptPhase = { answers: 0, toBridge: 1, fromBridge: 2 } as const

/** In the chain for what comes from a bridge of ours: to another one, or out. */
export const betweenPhase = { toBridge: 0, outward: 1 } as const

/**
 * In every other chain: by what a rule tells packets apart. What is kept from the masquerade is asked before it is. What others on a bridge that is joined send and get is exempt
 * from the guard of forwarding, after what is ours there has been asked for.
 */
export const commonPhase = { byEntry: 0, byExit: 1, kept: 2, bySource: 3, exempt: 3, all: 4 } as const

/** In a tree, which is laid out by port. */
export const inTree: Phase = 0
