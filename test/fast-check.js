// What suites import as 'fast-check' (suites/bundle-suites.js). A relative path, or it would be this file again.
import fc from '../node_modules/fast-check/lib/fast-check.js'

fc.configureGlobal({ seed: Number(process.env.PORTOLAN_SEED) })

const surrogates = { first: 0xd800, count: 0x800 }

/** fast-check's unit 'binary', with the same draws. Its own makes a table of 1.1 million code points in each suite. */
const codePoint = fc.integer({ min: 0, max: 0x10ffff - surrogates.count }).map(
  (number) => String.fromCodePoint(number < surrogates.first ? number : number + surrogates.count),
  (text) => {
    const number = typeof text === 'string' ? text.codePointAt(0) : undefined
    if (number === undefined || String.fromCodePoint(number) !== text || !text.isWellFormed())
      throw new Error('Not one code point')
    return number < surrogates.first ? number : number - surrogates.count
  },
)

export const string = (constraints = {}) =>
  fc.string(constraints.unit === 'binary' ? { ...constraints, unit: codePoint } : constraints)

/**
 * An async property that ends between two runs when its time is over, behind the first. fast-check ends the one that is under
 * way, and leaves what that was at to go on beside the next test.
 */
const endingBetweenRuns = (property, longestMs) => {
  const late = AbortSignal.timeout(longestMs)
  let hasRun = false
  return {
    isAsync: () => true,
    generate: (random, runId) => property.generate(random, runId),
    shrink: (value) => property.shrink(value),
    runBeforeEach: () => property.runBeforeEach(),
    runAfterEach: () => property.runAfterEach(),
    run: async (value) => {
      if (hasRun && late.aborted) return new fc.PreconditionFailure(true)
      hasRun = true
      return property.run(value)
    },
  }
}

export const assert = (property, { interruptAfterTimeLimit, ...given } = {}) => {
  if (interruptAfterTimeLimit === undefined) return fc.assert(property, given)
  if (property.isAsync()) return fc.assert(endingBetweenRuns(property, interruptAfterTimeLimit), given)
  return fc.assert(property, { ...given, interruptAfterTimeLimit })
}

export * from '../node_modules/fast-check/lib/fast-check.js'
export default { ...fc, string, assert }
