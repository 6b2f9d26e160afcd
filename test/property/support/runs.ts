/** fast-check's own parameters, as far as the suites here set them. */
export interface Runs {
  readonly numRuns: number
  readonly interruptAfterTimeLimit: number
}

/**
 * How often a property is tried. What fails is shrunk for half a minute at most, so that the smallest input found is
 * printed, with its seed, before the test runner gives up on the test.
 */
export const runs = (numRuns: number): Runs => ({ numRuns, interruptAfterTimeLimit: 30_000 })
