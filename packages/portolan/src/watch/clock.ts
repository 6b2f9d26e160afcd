/**
 * The clock of a watch.
 * @public @since 0.1.0
 */
export interface Clock {
  /** Milliseconds since some moment. The value never goes back. */
  now(): number
  /** The time of day. */
  date(): Date
  /**
   * Calls back once, after a number of milliseconds.
   * @returns a function that cancels the call
   */
  after(ms: number, call: () => void): () => void
}

/** The clock of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}
