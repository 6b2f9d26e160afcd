import type { ByteWriter } from '@portolan/core/netlink'
import type { Family } from '@portolan/netfilter'
import type { Expression, SetExpression } from '../../model/index.ts'

/** An anonymous set that a rule needs. */
export interface AnonymousSet {
  readonly set: SetExpression
  readonly keyTypes: readonly string[]
  /** Empty: a set, which holds no data. */
  readonly dataTypes: readonly string[]
}

/** A reference to a set in a lookup: its name, and for an anonymous set its number in the batch. */
export interface SetReference {
  readonly name: string
  readonly id: number | null
}

/** The state of writing one rule. */
export interface RuleContext {
  /** The writer for the rule's expressions. */
  readonly writer: ByteWriter
  /** Writes an anonymous set in front of the rule. */
  readonly addSet: (set: AnonymousSet) => SetReference
  /** The family that packets have from here on; null: either. */
  family: Family | null
  /** The number of their transport protocol; null: any. */
  protocol: number | null
}

/** The set that an expression refers to; null when the expression is not a set. */
export const referenceOf = (
  { addSet }: RuleContext,
  data: Expression,
  types: Omit<AnonymousSet, 'set'>,
): SetReference | null => {
  if (data.kind === 'reference') return { name: data.name, id: null }
  return data.kind === 'set' ? addSet({ set: data, ...types }) : null
}
