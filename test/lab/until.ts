import { setTimeout as delay } from 'node:timers/promises'
import type { Running } from './run.ts'
import { nowWaiting } from './waiting.ts'

export interface UntilOptions {
  /** A program that it takes: where this has ended, waiting ends with what it printed. */
  readonly beside?: Pick<Running, 'ended' | 'printed'> | undefined
  /** What is there in place of what is awaited; told where that does not come. */
  readonly shows?: () => unknown
}

/** Far more than a busy machine takes, and less than a test has, so that a failure has the name of what was awaited. */
const longestMs = 60_000
const [firstPauseMs, longestPauseMs] = [2, 50]

/**
 * Asks until the answer is not empty. Each look is at what other programs do: there is nothing that could be awaited.
 * @param what - what is waited for, as in "waited for ..."
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
      // What a program did before its end counts, and so does what came while this process had no processor.
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
