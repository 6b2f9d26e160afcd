/** fast-check's own parameters, as far as the suites here set them. */
export interface Runs {
  readonly numRuns: number
  readonly interruptAfterTimeLimit: number
}

const secondsAsked = process.env.PORTOLAN_SECONDS

/** How long a property of whole searches goes on at most: PORTOLAN_SECONDS, or longer than machines need. */
export const searchTimeMs = Number(secondsAsked ?? 240) * 1000

/**
 * How many hosts a property of whole searches is tried on: so many, or as many as there is time for where
 * PORTOLAN_SECONDS asks for it. Each takes a second or so.
 */
export const searchRuns = (numRuns: number): Runs => ({
  numRuns: secondsAsked === undefined ? numRuns : 1_000_000,
  interruptAfterTimeLimit: searchTimeMs,
})

/**
 * How often a property is tried. The time limit is for what fails: it is shrunk for a while at most, so that the
 * smallest input found is printed, with its seed, before the test runner gives up on the test.
 */
export const runs = (numRuns: number): Runs => ({ numRuns, interruptAfterTimeLimit: 100_000 })
