import { Session } from 'node:inspector'
import { afterAll } from '@jest/globals'

/**
 * Counts the blocks of code that a function runs, each as often as it runs. V8 counts them, so other work on the
 * machine does not change the result, unlike a time. Work inside built-in functions is not counted, for example of a
 * regular expression or of copying an array.
 *
 * Taking the counts costs some tenths of a second, so a test counts a few runs, and not thousands.
 *
 * V8 counts the blocks of functions that it compiles after this file is loaded. For a function that has run before, it
 * counts only the calls.
 */
export const countWork = (run: () => unknown): number => {
  takeCounts()
  run()
  return takeCounts()
}

/** How many times more work one size takes than another. */
export const growthOf = (run: (size: number) => unknown, from: number, to: number): number => {
  // The first run does work that is done only once (filling a table, loading a module). It must not count for either
  // size.
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

// Without this V8 would go on counting in all later suites of this worker.
afterAll(() => session.disconnect())

/** The counts since the last call. */
const takeCounts = (): number => {
  let total = 0
  // The session belongs to this thread, so the callback runs before `post` returns.
  session.post('Profiler.takePreciseCoverage', (error: Error | null, coverage: Coverage) => {
    if (error !== null) throw error
    for (const { url, functions } of coverage.result) {
      if (isOfCounting(url)) continue
      for (const { ranges } of functions) for (const { count } of ranges) total += count
    }
  })
  return total
}

/** Taking the counts is work in this file and in the inspector, which must not count. */
const isOfCounting = (url: string): boolean => url.startsWith('node:') || url.includes('/count-work.js?')
