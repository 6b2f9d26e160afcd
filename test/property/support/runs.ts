/** fast-check's own parameters, as far as the suites here set them. */
export interface Runs {
  readonly numRuns: number
  readonly interruptAfterTimeLimit: number
}

const secondsAsked = process.env.PORTOLAN_SECONDS

/** How long a property of whole searches goes on at most: 40 s, or PORTOLAN_SECONDS. */
export const searchTimeMs = Number(secondsAsked ?? 40) * 1000

/**
 * How many hosts a property of whole searches is tried on: as many as there is time for where PORTOLAN_SECONDS asks
 * for it, else so many. Each takes a second or so, and each run of the suite has others.
 */
export const searchRuns = (numRuns: number): Runs => ({
  numRuns: secondsAsked === undefined ? numRuns : 1_000_000,
  interruptAfterTimeLimit: searchTimeMs,
})

/**
 * How often a property is tried. What fails is shrunk for half a minute at most, so that the smallest input found is
 * printed, with its seed, before the test runner gives up on the test.
 */
export const runs = (numRuns: number): Runs => ({ numRuns, interruptAfterTimeLimit: 30_000 })
