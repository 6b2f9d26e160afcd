import { setTimeout as delay } from 'node:timers/promises'
import type { Running } from './run.ts'
import { nowWaiting } from './waiting.ts'

export interface UntilOptions {
  /** A program that the event depends on. When it has ended, the wait ends and the error has its output. */
  readonly beside?: Pick<Running, 'ended' | 'printed'> | undefined
  /** The present state, for the error when the event does not come. */
  readonly shows?: () => unknown
}

/**
 * Longer than a busy machine takes, and shorter than the time limit of a test, so that the error names the missing
 * event.
 */
const longestMs = 60_000
const [firstPauseMs, longestPauseMs] = [2, 50]

/**
 * Asks again and again until the answer is not false, null or undefined. Other programs cause the event, so there is no
 * promise to await.
 * @param what - the event, as in "waited for ..."
 * @returns the answer
 */
export const until = async <Value>(
  what: string,
  ask: () => Promise<Value> | Value,
  { beside, shows }: UntilOptions = {},
): Promise<Exclude<Value, false | null | undefined>> => {
  const here = new Error()
  const done = nowWaiting({ what: () => what, shows: () => shows?.() ?? beside?.printed() })
  try {
    const late = AbortSignal.timeout(longestMs)
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      // Read before the answer: what a program did before its end counts, and so does an event during a lack of
      // processor time.
      const [isEnd, isLate] = [beside?.ended() === true, late.aborted]
      const answer = await ask()
      if (answer !== false && answer !== null && answer !== undefined)
        return answer as Exclude<Value, false | null | undefined>
      if (isEnd || isLate) {
        const why = isEnd ? 'the program has ended' : `nothing came in ${longestMs / 1000} s`
        const there = await Promise.resolve(shows?.()).catch(String)
        here.message = [`waited for ${what}: ${why}`, shown(there), beside?.printed() ?? '']
          .filter((line) => line !== '')
          .join('\n')
        throw here
      }
      await delay(pauseMs)
    }
  } finally {
    done()
  }
}

const shown = (there: unknown): string =>
  there === undefined ? '' : `there is: ${typeof there === 'string' ? there : JSON.stringify(there)}`
