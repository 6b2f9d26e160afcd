/**
 * The result of a match. `CHANCE` is unknown too, but known to differ from flow to flow (`statistic`). Plain numbers,
 * since millions are made.
 */
export type Truth = 0 | 1 | 2 | 3

export const NO = 0
export const YES = 1
export const MAYBE = 2
export const CHANCE = 3

export const isUncertain = (truth: Truth): boolean => truth >= MAYBE

/** The truth of both together: false when one is false, otherwise as uncertain as the less certain one. */
export const both = (a: Truth, b: Truth): Truth => {
  if (a === NO || b === NO) return NO
  if (a === MAYBE || b === MAYBE) return MAYBE
  return a === CHANCE || b === CHANCE ? CHANCE : YES
}

export const not = (truth: Truth): Truth => (truth === NO ? YES : truth === YES ? NO : truth)
