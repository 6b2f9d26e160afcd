import type { Family } from '../address/index.ts'
import type { ElementTable } from './element-table.ts'
import type { Field } from './field.ts'
import type { Value } from './value.ts'

/**
 * Something a packet, its flow or the host is asked for. It has a value, or none (then the rule does not match,
 * negated or not: NFT_BREAK), or one that cannot be known.
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
 * A property of the flow. `state` and `status` are bit fields (`conntrackState`, `conntrackStatus`), `direction`
 * is 0 original or 1 reply. The tuple's keys need a direction. All but `state` have no value where there is no
 * entry.
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
 * A look at the routing tables. `type` is one of `addressType`; `oif` and `oifname` are where the route leads;
 * `present` is 1 when there is a route (out of the interface of the packet, where `in` or `out` says so), else 0.
 *
 * @see net/ipv4/netfilter/nft_fib_ipv4.c, net/netfilter/xt_addrtype.c
 * @public @since 0.1.0
 */
export interface FibExpression {
  readonly kind: 'fib'
  readonly of: 'saddr' | 'daddr'
  readonly result: 'type' | 'oif' | 'oifname' | 'present'
  /** Only as seen by the interface the packet came in by, or leaves by. */
  readonly limit: 'in' | 'out' | null
  /** Routing rules see the packet's mark. */
  readonly mark: boolean
}

/** @public @since 0.1.0 */
export interface ConstantExpression {
  readonly kind: 'constant'
  readonly value: Value
}

/**
 * Of unsigned numbers, 32 bit unless an operand is a bigint.
 * @public @since 0.1.0
 */
export interface BitwiseExpression {
  readonly kind: 'bitwise'
  readonly operator: 'and' | 'or' | 'xor' | 'shl' | 'shr'
  readonly left: Expression
  readonly right: Expression
}

/**
 * What a map holds for a key; no value when the key is not in it. `part` picks one of concatenated data.
 * @public @since 0.1.0
 */
export interface MapExpression {
  readonly kind: 'map'
  readonly key: readonly Expression[]
  readonly table: ElementTable
  readonly part: number
}

/**
 * What cannot be known of a packet that is only described. `random`: chosen anew for every flow (`numgen`,
 * `jhash`), so that each value between `first` and `last` will be met; else some value there, not known which.
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
