import type { ByteWriter } from '@portolan/core/netlink'
import type { Family } from '@portolan/netfilter'
import type { Expression, SetExpression } from '../../model/index.ts'

/** A set without a name, as a rule needs it. */
export interface AnonymousSet {
  readonly set: SetExpression
  readonly keyTypes: readonly string[]
  /** None of a set. */
  readonly dataTypes: readonly string[]
}

/** A set in a lookup: by its name, and by the number that a set without a name has in its batch. */
export interface SetReference {
  readonly name: string
  readonly id: number | null
}

/** One rule while it is written. */
export interface RuleContext {
  /** What its expressions are written to. */
  readonly writer: ByteWriter
  /** Writes an anonymous set, in front of the rule. */
  readonly addSet: (set: AnonymousSet) => SetReference
  /** The family that packets are of from here on; null: of either. */
  family: Family | null
  /** Their transport protocol, by number; null: any. */
  protocol: number | null
}

/** A set as an expression names it. Null: it is no set. */
export const referenceOf = (
  { addSet }: RuleContext,
  data: Expression,
  types: Omit<AnonymousSet, 'set'>,
): SetReference | null => {
  if (data.kind === 'reference') return { name: data.name, id: null }
  return data.kind === 'set' ? addSet({ set: data, ...types }) : null
}
