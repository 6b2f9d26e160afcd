import type { Expression, MatchStep } from '../../model/index.ts'

/**
 * How what is read of two packets of one flow and direction compares.
 * - `same`: as different as the flows, and alike for both.
 * - `known`: it is settled for each by where it stands in its flow: state, status, direction, TCP's flags.
 * - `unsure`: it may differ, and only following them would tell.
 */
export type Reads = 'none' | 'same' | 'known' | 'unsure'

/**
 * Where the two packets meet a chain: `early`, before connection tracking, where a flow has no state yet; behind it on
 * the flow's own way; or behind it as `answers`, when the entry has all its translations.
 */
export type Stage = 'early' | 'tracked' | 'answers'

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

/** What an expression reads; `none`: nothing, it is a constant. */
export const readsOf = (expression: Expression, stage: Stage = 'tracked'): Reads => {
  switch (expression.kind) {
    case 'constant':
      return 'none'
    case 'field':
      return expression.field === 'tcp-flags' ? 'known' : 'same'
    case 'conntrack':
      if (stage === 'early') return 'same'
      // A connection's mark is set on the way.
      return expression.key === 'mark' ? 'unsure' : expression.key === 'zone' ? 'same' : 'known'
    case 'conntrack-tuple':
      // Translation of the first packet changes the reply's.
      return stage !== 'tracked' || expression.direction === 'original' ? 'same' : 'unsure'
    case 'bitwise':
      return together([readsOf(expression.left, stage), readsOf(expression.right, stage)])
    case 'map':
      return keyReads(expression.key, stage)
    case 'fib':
    case 'unknown':
      return 'same'
  }
}

/** What a match reads. What is not known is taken to come out alike: the earlier packet was asked the same. */
export const matchReads = (step: MatchStep, stage: Stage = 'tracked'): Reads => {
  switch (step.kind) {
    case 'compare':
      return readsOf(step.expression, stage)
    case 'lookup':
      return keyReads(step.key, stage)
    case 'any-of':
      return together(step.alternatives.flat().map((one) => matchReads(one, stage)))
    case 'unknown-match':
      return 'same'
  }
}

/** What the parts of a key read. */
export const keyReads = (key: readonly Expression[], stage: Stage = 'tracked'): Reads =>
  together(key.map((one) => readsOf(one, stage)))
