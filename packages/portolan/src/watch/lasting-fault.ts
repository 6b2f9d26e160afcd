import { errorCode, errorMessage } from '@portolan/netfilter/schema'
import { PASSING_MS } from './passing.ts'

const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 60_000

/** Whether a try waited for a lock as long as it may, which is longer than a passing fault lasts. */
const hasLasted = (error: unknown): boolean => ['LOCKED', 'XTABLES_LOCKED'].includes(errorCode(error))

/** The tries of work that fails now and then: when to try again, and what to report. */
export class LastingFault {
  #since: number | null = null
  #reported: string | null = null
  #retryMs = FIRST_RETRY_MS
  #retryAt = 0

  /**
   * Notes a failure. A try before its time, which a change of the host caused, does not lengthen the wait for the next.
   * @returns when to try again
   */
  failed(now: number): number {
    this.#since ??= now
    if (now >= this.#retryAt) {
      this.#retryAt = now + this.#retryMs
      this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS)
    }
    return this.#retryAt
  }

  /**
   * Tells whether to report an error now: each text once, and a fault that may pass only if it lasts.
   * @param isPatient - false: the fault is reported at once
   */
  isNews(error: unknown, now: number, isPatient: boolean): boolean {
    if (isPatient && !hasLasted(error) && now - (this.#since ?? now) < PASSING_MS) return false
    const text = `${errorCode(error)} ${errorMessage(error)}`
    if (text === this.#reported) return false
    this.#reported = text
    return true
  }

  /** Notes a success. @returns whether a reported fault is over */
  succeeded(): boolean {
    const wasReported = this.#reported !== null
    this.#since = null
    this.#reported = null
    this.#retryMs = FIRST_RETRY_MS
    this.#retryAt = 0
    return wasReported
  }
}
