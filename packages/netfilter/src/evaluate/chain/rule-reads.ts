import type { Expression, MatchStep } from '../../model/index.ts'

/**
 * How what is read of two packets of one flow and direction compares.
 * - `same`: as different as the flows, and alike for both.
 * - `known`: it is settled for each by where it stands in its flow: state, status, direction, TCP's flags.
 * - `unsure`: it may differ, and only following them would tell.
 */
export type Reads = 'none' | 'same' | 'known' | 'unsure'

const together = (all: readonly Reads[]): Reads => {
  let result: Reads = 'none'
  for (const one of all)
    if (one === 'none' || one === result) continue
    else if (result === 'none') result = one
    else return 'unsure'
  return result
}

/** Does it come out alike for both? */
export const isAlike = (reads: Reads): boolean => reads === 'same' || reads === 'none'

/**
 * What an expression reads; `none`: nothing, it is a constant.
 *
 * @param isEarly - before connection tracking, where a flow has no state yet
 */
export const readsOf = (expression: Expression, isEarly = false): Reads => {
  switch (expression.kind) {
    case 'constant':
      return 'none'
    case 'field':
      return expression.field === 'tcp-flags' ? 'known' : 'same'
    case 'conntrack':
      if (isEarly) return 'same'
      // A connection's mark is set on the way.
      return expression.key === 'mark' ? 'unsure' : expression.key === 'zone' ? 'same' : 'known'
    case 'conntrack-tuple':
      // Translation changes the reply's.
      return isEarly || expression.direction === 'original' ? 'same' : 'unsure'
    case 'bitwise':
      return together([readsOf(expression.left, isEarly), readsOf(expression.right, isEarly)])
    case 'map':
      return keyReads(expression.key, isEarly)
    case 'fib':
    case 'unknown':
      return 'same'
  }
}

/** What a match reads. What is not known is taken to come out alike: the earlier packet was asked the same. */
export const matchReads = (step: MatchStep, isEarly = false): Reads => {
  switch (step.kind) {
    case 'compare':
      return readsOf(step.expression, isEarly)
    case 'lookup':
      return keyReads(step.key, isEarly)
    case 'any-of':
      return together(step.alternatives.flat().map((one) => matchReads(one, isEarly)))
    case 'unknown-match':
      return 'same'
  }
}

/** What the parts of a key read. */
export const keyReads = (key: readonly Expression[], isEarly = false): Reads =>
  together(key.map((one) => readsOf(one, isEarly)))
