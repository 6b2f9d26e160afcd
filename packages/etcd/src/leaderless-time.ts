/** How long the servers have had no leader, as far as requests found. */
export interface LeaderlessTime {
  /** A server took a request. */
  answered(): void
  /**
   * A server had no leader.
   * @param since - of `performance.now()`, when that may have begun; now unless told
   */
  found(since?: number): void
  /** Is one more request worth its while? */
  isShort(): boolean
}

/**
 * Requests that come one after the other wait for one vote together: the second one does not begin to wait anew where the
 * first one gave up.
 *
 * @param mostMs - how long a vote is waited for
 */
export const leaderlessTime = (mostMs: number, now = (): number => performance.now()): LeaderlessTime => {
  let span: { readonly since: number; readonly last: number } | null = null
  return {
    answered: () => {
      span = null
    },
    found: (begun) => {
      const last = now()
      // What was so long ago was another vote.
      const isSame = span !== null && last - span.last <= mostMs
      span = { since: span !== null && isSame ? span.since : (begun ?? last), last }
    },
    isShort: () => span !== null && now() - span.since < mostMs,
  }
}
