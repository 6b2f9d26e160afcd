/**
 * When a rule is asked among those of its chain, from first to last. Rules of one chain may be of several projects, which
 * share a bridge, so that each rule is placed by its phase alone.
 */
export type Phase = number

/** In a chain of one bridge, for what is forwarded to it. What keeps its containers apart is asked before what does not. */
export const toBridgePhase = {
  sameBridgeKnown: 0,
  sameBridgeDropped: 1,
  sameBridge: 2,
  loopback: 3,
  known: 4,
  ping: 5,
  limited: 6,
  everyPort: 7,
  publishedPorts: 8,
  closed: 9,
  unknown: 10,
} as const

/** In a chain of one bridge, for sources that are rewritten. */
export const sourcePhase = { hairpin: 0, loopback: 1 } as const

/** In the chain of filter that accepts. */
export const acceptPhase = { answers: 0, toBridge: 1, fromBridge: 2 } as const

/** In the chain for what comes from a bridge of ours: to another one, or out. */
export const betweenPhase = { toBridge: 0, outward: 1 } as const

/**
 * In every other chain: by what a rule tells packets apart. What others on a bridge that is joined send and get is exempt
 * from the guard of forwarding, after what is ours there has been asked for.
 */
export const commonPhase = { byEntry: 0, byExit: 1, bySource: 2, exempt: 2, all: 3 } as const

/** In a tree, which is laid out by port. */
export const inTree: Phase = 0
