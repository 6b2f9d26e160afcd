/**
 * The time that a watch goes by.
 * @public @since 0.1.0
 */
export interface Clock {
  /** Milliseconds since some moment; never less than before. */
  now(): number
  /** The time of day. */
  date(): Date
  /**
   * Calls back once, some milliseconds from now.
   * @returns what calls it off
   */
  after(ms: number, call: () => void): () => void
}

/** That of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}
