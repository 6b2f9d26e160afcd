import type { Expression as CoreExpression, MatchStep } from '@portolan/netfilter'
import type { ValueType } from './value.ts'

/** An expression of a rule in the terms of the model. */
export interface Read {
  readonly expression: CoreExpression
  /** `unknown`: nothing is known about the value. */
  readonly type: ValueType
  /** The conditions for the expression to have a value, where the expression does not imply them. */
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

/** An expression whose value is not known for a described packet. */
export const unknown = (text: string, gates: readonly MatchStep[] = []): Read => ({
  expression: { kind: 'unknown', text, random: false, range: null },
  type: 'unknown',
  gates,
})
