import { Session } from 'node:inspector'
import { afterAll } from '@jest/globals'

/**
 * How much a function does: the blocks of code that it runs, each counted as often as it runs. V8 counts them, so the
 * answer is the same on a machine with other work, which no time is. Work inside built-in functions is not counted:
 * that of a regular expression, or of copying an array.
 *
 * Taking the counts costs some tenths of a second, so a test counts a few runs, not thousands.
 *
 * V8 counts the blocks of functions that it compiles after this file is loaded. Of a function that has run before, it
 * counts the calls alone.
 */
export const countWork = (run: () => unknown): number => {
  takeCounts()
  run()
  return takeCounts()
}

/** By how much the work grows from one size to another. */
export const growthOf = (run: (size: number) => unknown, from: number, to: number): number => {
  // What is done once (a table that is filled, a module that is loaded) belongs to neither size.
  run(from)
  const small = countWork(() => run(from))
  return countWork(() => run(to)) / small
}

interface Coverage {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[]
  }[]
}

const session = new Session()
session.connect()
session.post('Profiler.enable')
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

// V8 would go on counting in all later suites of this worker.
afterAll(() => session.disconnect())

/** The counts since they were taken last. */
const takeCounts = (): number => {
  let total = 0
  // The session is of this thread, so the answer is here before `post` returns.
  session.post('Profiler.takePreciseCoverage', (error: Error | null, coverage: Coverage) => {
    if (error !== null) throw error
    for (const { url, functions } of coverage.result) {
      if (isOfCounting(url)) continue
      for (const { ranges } of functions) for (const { count } of ranges) total += count
    }
  })
  return total
}

/** Taking the counts is work too: of this file, and of the inspector. */
const isOfCounting = (url: string): boolean => url.startsWith('node:') || url.includes('/count-work.js?')
