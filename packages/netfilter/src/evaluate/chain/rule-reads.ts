import type { Expression, MatchStep } from '../../model/index.ts'

/**
 * How the values compare that are read from two packets of one flow and direction.
 * - `same`: they depend on the flow, and are equal for both packets.
 * - `known`: the packet's place in its flow settles them: state, status, direction, TCP's flags.
 * - `unsure`: they may differ, and only following the packets would tell.
 */
export type Reads = 'none' | 'same' | 'known' | 'unsure'

/**
 * The place of a chain that both packets meet. `early`: in front of connection tracking, where a flow has no state yet.
 * `tracked`: behind it, on the flow's own way. `answers`: behind it, on the way back, when the entry has all its
 * translations.
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

/** Whether the result is equal for both packets. */
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
      // A rule may set the connection's mark between the two packets.
      return expression.key === 'mark' ? 'unsure' : expression.key === 'zone' ? 'same' : 'known'
    case 'conntrack-tuple':
      // A translation of the first packet changes the tuple of the reply.
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

/** What a match reads. An unknown match counts as equal for both packets: it tested the earlier packet as well. */
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
