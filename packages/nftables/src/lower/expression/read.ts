import type { Expression as CoreExpression, MatchStep } from '@portolan/netfilter'
import type { ValueType } from './value.ts'

/** An expression of a rule in the model's words. */
export interface Read {
  readonly expression: CoreExpression
  /** `unknown` when nothing can be said of its value. */
  readonly type: ValueType
  /** What has to hold for it to have a value at all, where the expression does not say so itself. */
  readonly gates: readonly MatchStep[]
}

export const known = (
  expression: CoreExpression,
  type: ValueType,
  gates: readonly MatchStep[] = [],
): Read => ({
  expression,
  type,
  gates,
})

/** What cannot be known of a packet that is only described. */
export const unknown = (text: string, gates: readonly MatchStep[] = []): Read => ({
  expression: { kind: 'unknown', text, random: false, range: null },
  type: 'unknown',
  gates,
})
