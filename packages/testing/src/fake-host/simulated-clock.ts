import type { Clock } from 'portolan/machine'

interface Timer {
  readonly at: number
  readonly call: () => void
}

/** The beginning of simulated time. A fixed moment makes the same events in every run. */
const BEGINNING = Date.UTC(2026, 0, 1)

/** A clock that stands still until `advance` is called. */
export class SimulatedClock implements Clock {
  #now = 0
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  date(): Date {
    return new Date(BEGINNING + this.#now)
  }

  after(ms: number, call: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), call }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /**
   * Advances time. Due timers are called in their order, and the work that each begins is awaited before time goes on.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (;;) {
      const next = this.#next(end)
      if (next === null) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.call()
      await settled()
    }
    this.#now = end
  }

  #next(end: number): Timer | null {
    let first: Timer | null = null
    for (const timer of this.#timers)
      if (timer.at <= end && (first === null || timer.at < first.at)) first = timer
    return first
  }
}

/**
 * Waits until all pending promises are done. A simulated host waits for nothing else, and Node finishes promises before
 * it looks for other work.
 */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
