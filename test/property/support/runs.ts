/** The parameters of fast-check that the suites here set. */
export interface Runs {
  readonly numRuns: number
  readonly interruptAfterTimeLimit: number
}

const secondsAsked = process.env.PORTOLAN_SECONDS

/**
 * The time limit of a property that makes whole searches. PORTOLAN_SECONDS sets it; the default is longer than machines
 * need.
 */
export const searchTimeMs = Number(secondsAsked ?? 240) * 1000

/**
 * The number of hosts for a property that makes whole searches. With PORTOLAN_SECONDS there is no number, and the time
 * decides. Each host takes a second or so.
 */
export const searchRuns = (numRuns: number): Runs => ({
  numRuns: secondsAsked === undefined ? numRuns : 1_000_000,
  interruptAfterTimeLimit: searchTimeMs,
})

/**
 * The number of runs of a property. The time limit is for failures: shrinking ends in time to print the smallest input,
 * with its seed, before the test runner gives up. It is much longer than all runs take.
 */
export const runs = (numRuns: number): Runs => ({ numRuns, interruptAfterTimeLimit: 240_000 })
