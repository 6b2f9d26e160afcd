import type { HeaderExpression } from './header-expression.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { Verdict } from './verdict.ts'

/**
 * A value, or a property of the packet. An expression that libnftables-json(5) knows and this union does not is
 * `opaque` and keeps its JSON verbatim.
 * @public @since 0.1.0
 */
export type Expression =
  | TextExpression
  | NumberExpression
  | BooleanExpression
  | PrefixExpression
  | RangeExpression
  | ConcatExpression
  | ListExpression
  | SetExpression
  | ReferenceExpression
  | PayloadExpression
  | RawPayloadExpression
  | MetaExpression
  | CtExpression
  | FibExpression
  | NumgenExpression
  | HashExpression
  | HeaderExpression
  | MapExpression
  | BinaryExpression
  | OpaqueExpression
  | Verdict

/** An address, a name or a keyword: `172.17.0.1`, `br-web`, `established`. @public @since 0.1.0 */
export interface TextExpression {
  readonly kind: 'text'
  readonly text: string
}

/** @public @since 0.1.0 */
export interface NumberExpression {
  readonly kind: 'number'
  readonly value: number
}

/** A test whether something is present: `exists`, `missing`. @public @since 0.1.0 */
export interface BooleanExpression {
  readonly kind: 'boolean'
  readonly value: boolean
}

/** @public @since 0.1.0 */
export interface PrefixExpression {
  readonly kind: 'prefix'
  readonly address: Expression
  readonly length: number
}

/** A range of values, inclusive at both ends. @public @since 0.1.0 */
export interface RangeExpression {
  readonly kind: 'range'
  readonly first: Expression
  readonly last: Expression
}

/** @public @since 0.1.0 */
export interface ConcatExpression {
  readonly kind: 'concat'
  readonly parts: readonly Expression[]
}

/** Flags of a bit field: `established,related`. @public @since 0.1.0 */
export interface ListExpression {
  readonly kind: 'list'
  readonly items: readonly Expression[]
}

/** An anonymous set, or an anonymous map when its elements have data. @public @since 0.1.0 */
export interface SetExpression {
  readonly kind: 'set'
  readonly elements: readonly Element[]
}

/** A named set or map: `@bridges`. @public @since 0.1.0 */
export interface ReferenceExpression {
  readonly kind: 'reference'
  readonly name: string
}

/** A header field: `ip saddr`, `th dport`. @public @since 0.1.0 */
export interface PayloadExpression {
  readonly kind: 'payload'
  readonly protocol: string
  readonly field: string
}

/** Bits of the packet: `@th,0,16`; offset and length in bits. @public @since 0.1.0 */
export interface RawPayloadExpression {
  readonly kind: 'raw-payload'
  readonly base: string
  readonly offset: number
  readonly length: number
}

/** @public @since 0.1.0 */
export interface MetaExpression {
  readonly kind: 'meta'
  readonly key: string
}

/** A property of the flow: `ct state`, `ct original ip daddr`. @public @since 0.1.0 */
export interface CtExpression {
  readonly kind: 'ct'
  readonly key: string
  readonly direction: string | null
  readonly family: string | null
}

/** A route lookup: `fib daddr type`. @public @since 0.1.0 */
export interface FibExpression {
  readonly kind: 'fib'
  readonly result: string
  readonly flags: readonly string[]
}

/** @public @since 0.1.0 */
export interface NumgenExpression {
  readonly kind: 'numgen'
  readonly mode: string
  readonly modulus: number
  readonly offset: number
}

/** A number below `modulus`, plus `offset`: a hash of `of`, or for `symhash` of the flow. @public @since 0.1.0 */
export interface HashExpression {
  readonly kind: 'jhash' | 'symhash'
  readonly of: Expression | null
  readonly modulus: number
  readonly offset: number | null
  readonly seed: number | null
}

/** `key map data`: the value a map has for a key. @public @since 0.1.0 */
export interface MapExpression {
  readonly kind: 'map'
  readonly key: Expression
  readonly data: Expression
}

/** @public @since 0.1.0 */
export interface BinaryExpression {
  readonly kind: 'binary'
  readonly operator: '&' | '|' | '^' | '<<' | '>>'
  readonly operands: readonly Expression[]
}

/** @public @since 0.1.0 */
export interface OpaqueExpression {
  readonly kind: 'opaque'
  readonly json: JsonValue
}

export const text = (value: string): TextExpression => ({ kind: 'text', text: value })
export const number = (value: number): NumberExpression => ({ kind: 'number', value })
export const concat = (...parts: readonly Expression[]): ConcatExpression => ({ kind: 'concat', parts })
export const reference = (name: string): ReferenceExpression => ({ kind: 'reference', name })
export const payload = (protocol: string, field: string): PayloadExpression => ({
  kind: 'payload',
  protocol,
  field,
})
export const meta = (key: string): MetaExpression => ({ kind: 'meta', key })
export const ct = (key: string, direction: string | null = null): CtExpression => ({
  kind: 'ct',
  key,
  direction,
  family: null,
})

/**
 * One element of a set, or of a map when it has data.
 * @public @since 0.1.0
 */
export interface Element {
  readonly key: Expression
  readonly data: Expression | null
  readonly comment: string | null
  /** Attributes of the element that are neither key nor comment (timeout, expires, counter), verbatim. */
  readonly attributes: JsonObject | null
}
