/** A reading is handed out for so many times as long as it took, so that readings take a fifth of the time at most. */
const TIMES = 4
const LEAST_MS = 100

/**
 * A reading that callers at the same time share, and that is handed out for a while: what asks again and again does not
 * keep this process from its work. One that failed is shared likewise.
 *
 * @param now - a clock in milliseconds, that never goes back
 */
export const sharedReading = <Reading>(
  read: () => Promise<Reading>,
  now: () => number = () => performance.now(),
): (() => Promise<Reading>) => {
  let last: Promise<Reading> | null = null
  /** Until when the last one is handed out. */
  let until = 0
  return () => {
    if (last !== null && now() < until) return last
    const began = now()
    until = Number.POSITIVE_INFINITY
    last = read().finally(() => {
      const ended = now()
      until = ended + Math.max(LEAST_MS, TIMES * (ended - began))
    })
    return last
  }
}
