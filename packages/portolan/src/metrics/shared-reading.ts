/** A reading is handed out for this many times as long as it took. So readings take a fifth of the time at most. */
const TIMES = 4
const LEAST_MS = 100

/**
 * Shares a reading among callers at the same time, and hands it out for a while. So frequent requests do not keep this
 * process from its work. A failed reading is shared likewise.
 *
 * @param now - a clock in milliseconds that never goes back
 */
export const sharedReading = <Reading>(
  read: () => Promise<Reading>,
  now: () => number = () => performance.now(),
): (() => Promise<Reading>) => {
  let last: Promise<Reading> | null = null
  /** The time until which the last reading is handed out. */
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
