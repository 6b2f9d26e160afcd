import type { Expression } from './expression.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { RareStatement } from './rare-statement.ts'
import type { Verdict } from './verdict.ts'

/**
 * What a rule asks or does, in order. A statement this union does not know, or knows with a key it does not,
 * is `opaque` and keeps its JSON verbatim: never guessed, never lost.
 * @public @since 0.1.0
 */
export type Statement =
  | MatchStatement
  | VerdictMapStatement
  | NatStatement
  | CounterStatement
  | RejectStatement
  | SetValueStatement
  | LimitStatement
  | LogStatement
  | NotrackStatement
  | XtStatement
  | RareStatement
  | OpaqueStatement
  | Verdict

/** @public @since 0.1.0 */
export interface MatchStatement {
  readonly kind: 'match'
  /** `in` is what nft prints for a test of bits, as in `ct state established,related`; `!` for its contrary. */
  readonly operator: '==' | '!=' | '<' | '>' | '<=' | '>=' | 'in' | '!'
  readonly left: Expression
  readonly right: Expression
}

/** `key vmap data`: goes where the map says; goes on when the key is not there. @public @since 0.1.0 */
export interface VerdictMapStatement {
  readonly kind: 'vmap'
  readonly key: Expression
  readonly data: Expression
}

/** @public @since 0.1.0 */
export interface NatStatement {
  readonly kind: 'snat' | 'dnat' | 'masquerade' | 'redirect'
  readonly family: string | null
  readonly address: Expression | null
  readonly port: Expression | null
  readonly flags: readonly string[]
  /** What a map gives: `interval`, `prefix`, `concat`. */
  readonly typeFlags: readonly string[]
}

/** An anonymous counter; a named one when `name` is not null. @public @since 0.1.0 */
export interface CounterStatement {
  readonly kind: 'counter'
  readonly name: string | null
  readonly packets: number
  readonly bytes: number
}

/** @public @since 0.1.0 */
export interface RejectStatement {
  readonly kind: 'reject'
  /** `icmp`, `icmpv6`, `icmpx`, `tcp reset`; null: what the kernel chooses. */
  readonly type: string | null
  readonly code: Expression | null
}

/** `meta mark set 0x1`: JSON calls it mangle. @public @since 0.1.0 */
export interface SetValueStatement {
  readonly kind: 'set-value'
  readonly key: Expression
  readonly value: Expression
}

/** The JSON keys of libnftables-json(5): rate, per, burst, inv, rate_unit, burst_unit. @public @since 0.1.0 */
export interface LimitStatement {
  readonly kind: 'limit'
  readonly json: JsonObject
}

/** The JSON keys of libnftables-json(5): prefix, group, snaplen, queue-threshold, level, flags. @public @since 0.1.0 */
export interface LogStatement {
  readonly kind: 'log'
  readonly json: JsonObject | null
}

/** @public @since 0.1.0 */
export interface NotrackStatement {
  readonly kind: 'notrack'
}

/** An iptables-nft match or target, which nft prints without its parameters. @public @since 0.1.0 */
export interface XtStatement {
  readonly kind: 'xt'
  readonly type: string
  readonly name: string
}

/** @public @since 0.1.0 */
export interface OpaqueStatement {
  readonly kind: 'opaque'
  readonly json: JsonValue
}

const match = (
  left: Expression,
  operator: MatchStatement['operator'],
  right: Expression,
): MatchStatement => ({
  kind: 'match',
  operator,
  left,
  right,
})
export const is = (left: Expression, right: Expression): MatchStatement => match(left, '==', right)
export const isNot = (left: Expression, right: Expression): MatchStatement => match(left, '!=', right)
export const has = (left: Expression, right: Expression): MatchStatement => match(left, 'in', right)
export const vmap = (key: Expression, data: Expression): VerdictMapStatement => ({ kind: 'vmap', key, data })
export const nat = (
  kind: NatStatement['kind'],
  family: string | null = null,
  address: Expression | null = null,
  port: Expression | null = null,
): NatStatement => ({ kind, family, address, port, flags: [], typeFlags: [] })
