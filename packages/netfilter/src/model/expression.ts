import type { Family } from '../address/index.ts'
import type { ElementTable } from './element-table.ts'
import type { Field } from './field.ts'
import type { Value } from './value.ts'

/**
 * Something that a rule reads from the packet, its flow or the host. It has a value, no value (then the rule does not
 * match, negated or not: NFT_BREAK), or an unknown value.
 * @public @since 0.1.0
 */
export type Expression =
  | FieldExpression
  | ConntrackExpression
  | FibExpression
  | ConstantExpression
  | BitwiseExpression
  | MapExpression
  | UnknownExpression

/**
 * A field of the packet. It has no value for a packet of another family or protocol: `tcp dport` has
 * `protocols: [6]`, `th dport` has `protocols: null`, `ip saddr` has `family: 'ip'`.
 * @public @since 0.1.0
 */
export interface FieldExpression {
  readonly kind: 'field'
  readonly field: Field
  readonly family: Family | null
  readonly protocols: readonly number[] | null
}

/**
 * A property of the flow. `state` and `status` are bit fields (`conntrackState`, `conntrackStatus`), `direction` is 0
 * original or 1 reply. The tuple's keys need a direction. Without a conntrack entry, only `state` has a value.
 * @public @since 0.1.0
 */
export type ConntrackExpression =
  | {
      readonly kind: 'conntrack'
      readonly key: 'state' | 'status' | 'direction' | 'mark' | 'zone'
    }
  | {
      readonly kind: 'conntrack-tuple'
      readonly key: 'saddr' | 'daddr' | 'sport' | 'dport' | 'l4proto' | 'nfproto'
      readonly direction: 'original' | 'reply'
      readonly family: Family | null
    }

/**
 * A lookup in the routing tables. `type` is one of `addressType`; `oif` and `oifname` are the interface of the route.
 * `present` is 1 when there is a route (out of the packet's interface, where `limit` names one), else 0.
 *
 * @see net/ipv4/netfilter/nft_fib_ipv4.c, net/netfilter/xt_addrtype.c
 * @public @since 0.1.0
 */
export interface FibExpression {
  readonly kind: 'fib'
  readonly of: 'saddr' | 'daddr'
  readonly result: 'type' | 'oif' | 'oifname' | 'present'
  /** Restricts the lookup to the interface that the packet came in by, or leaves by. Null: no restriction. */
  readonly limit: 'in' | 'out' | null
  /** Whether routing rules see the packet's mark. */
  readonly mark: boolean
}

/** @public @since 0.1.0 */
export interface ConstantExpression {
  readonly kind: 'constant'
  readonly value: Value
}

/**
 * An operation on unsigned numbers, 32 bit unless an operand is a bigint.
 * @public @since 0.1.0
 */
export interface BitwiseExpression {
  readonly kind: 'bitwise'
  readonly operator: 'and' | 'or' | 'xor' | 'shl' | 'shr'
  readonly left: Expression
  readonly right: Expression
}

/**
 * The data that a map has for a key; no value when the key is missing. `part` picks one part of concatenated data.
 * @public @since 0.1.0
 */
export interface MapExpression {
  readonly kind: 'map'
  readonly key: readonly Expression[]
  readonly table: ElementTable
  readonly part: number
}

/**
 * A value that the description of a packet cannot settle. `random`: chosen anew for every flow (`numgen`, `symhash`), so
 * each value from `first` to `last` occurs for some flow. Otherwise it is one value of the range, not known which.
 * @public @since 0.1.0
 */
export interface UnknownExpression {
  readonly kind: 'unknown'
  readonly text: string
  readonly random: boolean
  readonly range: { readonly first: number; readonly last: number } | null
}

/**
 * A field of the packet.
 *
 * @param protocols - the only protocols that have it; null: all
 * @example
 * field('dport', { protocols: [6] }) // tcp dport
 * @public @since 0.1.0
 */
export const field = (
  name: Field,
  {
    family = null,
    protocols = null,
  }: { readonly family?: Family | null; readonly protocols?: readonly number[] | null } = {},
): FieldExpression => ({ kind: 'field', field: name, family, protocols })

/**
 * @example
 * constant(0x4000)
 * @public @since 0.1.0
 */
export const constant = (value: Value): ConstantExpression => ({ kind: 'constant', value })

/**
 * `left operator right`.
 *
 * @example
 * bitwise('and', field('mark'), 0x4000) // mark & 0x4000
 * @public @since 0.1.0
 */
export const bitwise = (
  operator: BitwiseExpression['operator'],
  left: Expression,
  right: Expression | number | bigint,
): BitwiseExpression => ({
  kind: 'bitwise',
  operator,
  left,
  right: typeof right === 'object' ? right : constant(right),
})
