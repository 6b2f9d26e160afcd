// The module that suites import as 'fast-check' (suites/bundle-suites.js). The path is relative, because 'fast-check'
// would mean this file again.
import fc from '../node_modules/fast-check/lib/fast-check.js'

fc.configureGlobal({ seed: Number(process.env.PORTOLAN_SEED) })

const surrogates = { first: 0xd800, count: 0x800 }

/**
 * fast-check's unit 'binary', with the same draws. The original makes a table of 1.1 million code points in each suite.
 */
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
 * An async property that ends between two runs when its time is over, but not before the first run. fast-check itself
 * would end in the middle of a run, and leave that run's work running beside the next test.
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
