/** The time for which the servers have had no leader, as requests show it. */
export interface LeaderlessTime {
  /** Notes that a server accepted a request. */
  answered(): void
  /**
   * Notes that a server had no leader.
   * @param since - a time of `performance.now()` at which that may have begun; by default now
   */
  found(since?: number): void
  /** Is the time still short enough to send one more request? */
  isShort(): boolean
}

/**
 * Measures how long the servers have had no leader. Requests that follow one another share one waiting time: the second
 * does not start a new wait where the first gave up.
 *
 * @param mostMs - the time to wait for a vote
 */
export const leaderlessTime = (mostMs: number, now = (): number => performance.now()): LeaderlessTime => {
  let span: { readonly since: number; readonly last: number } | null = null
  return {
    answered: () => {
      span = null
    },
    found: (begun) => {
      const last = now()
      // A vote so long ago was another one.
      const isSame = span !== null && last - span.last <= mostMs
      span = { since: span !== null && isSame ? span.since : (begun ?? last), last }
    },
    isShort: () => span !== null && now() - span.since < mostMs,
  }
}
