import type { Element, Expression } from './expression.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { Verdict } from './verdict.ts'

/**
 * One statement of a rule: a match or an action. A statement with an unknown name or an unknown key is `opaque` and
 * keeps its JSON verbatim: never guessed, never lost.
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
  /** `in`: nft's operator for a test of bits, as in `ct state established,related`. `!`: none of the bits is set. */
  readonly operator: '==' | '!=' | '<' | '>' | '<=' | '>=' | 'in' | '!'
  readonly left: Expression
  readonly right: Expression
}

/**
 * `key vmap data`: the map gives the verdict. Without an element for the key, the rule continues.
 * @public @since 0.1.0
 */
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
  /** The form of the map's data: `interval`, `prefix`, `concat`. */
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
  /** `icmp`, `icmpv6`, `icmpx`, `tcp reset`; null: the kernel chooses. */
  readonly type: string | null
  readonly code: Expression | null
}

/** `meta mark set 0x1`: JSON calls it mangle. @public @since 0.1.0 */
export interface SetValueStatement {
  readonly kind: 'set-value'
  readonly key: Expression
  readonly value: Expression
}

/**
 * A rate limit. The JSON keys are those of libnftables-json(5): rate, per, burst, inv, rate_unit, burst_unit.
 * @public @since 0.1.0
 */
export interface LimitStatement {
  readonly kind: 'limit'
  readonly json: JsonObject
}

/**
 * Logs the packet. The JSON keys are those of libnftables-json(5): prefix, group, snaplen, queue-threshold, level,
 * flags.
 * @public @since 0.1.0
 */
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

/**
 * Statements that few rulesets have.
 * @public @since 0.1.0
 */
export type RareStatement =
  | ObjectStatement
  | QuotaStatement
  | LastStatement
  | ConnectionCountStatement
  | OffloadStatement
  | UpdateStatement
  | QueueStatement
  | TproxyStatement
  | SynproxyStatement
  | DuplicateStatement
  | ForwardStatement
  | ResetStatement

/** Kinds of stateful objects a rule may name. @public @since 0.1.0 */
export type ObjectType =
  | 'counter'
  | 'quota'
  | 'limit'
  | 'ct helper'
  | 'ct timeout'
  | 'ct expectation'
  | 'secmark'
  | 'synproxy'
  | 'tunnel'

/** Uses a stateful object of the table, named by a text or by a map. @public @since 0.1.0 */
export interface ObjectStatement {
  readonly kind: 'object'
  readonly type: ObjectType
  readonly object: Expression
}

/**
 * A quota. The JSON keys are those of libnftables-json(5): val, val_unit, used, used_unit, inv.
 * @public @since 0.1.0
 */
export interface QuotaStatement {
  readonly kind: 'quota'
  readonly json: JsonObject
}

/** The time since the last packet. @public @since 0.1.0 */
export interface LastStatement {
  readonly kind: 'last'
  /** `used`: milliseconds since that packet; null: no packet yet. */
  readonly json: JsonObject | null
}

/** `ct count 2`: matches up to this number of connections; `over`: matches beyond it. @public @since 0.1.0 */
export interface ConnectionCountStatement {
  readonly kind: 'ct-count'
  readonly count: number
  readonly over: boolean
}

/** `flow add @f`: hands the flow to a flowtable. @public @since 0.1.0 */
export interface OffloadStatement {
  readonly kind: 'flow'
  readonly operation: string
  readonly flowtable: string
}

/** `update @s { ip saddr timeout 1m }`: writes an element into a set or map. @public @since 0.1.0 */
export interface UpdateStatement {
  readonly kind: 'update'
  readonly of: 'set' | 'map'
  readonly operation: string
  readonly name: string
  readonly element: Element
  /** Null: the statement writes to a set, which holds no data. */
  readonly data: Expression | null
  /** The statements of the element: a limit, a counter. */
  readonly statements: readonly Statement[]
}

/** Hands the packet to a program. @public @since 0.1.0 */
export interface QueueStatement {
  readonly kind: 'queue'
  readonly number: Expression | null
  readonly flags: readonly string[]
}

/** @public @since 0.1.0 */
export interface TproxyStatement {
  readonly kind: 'tproxy'
  readonly family: string | null
  readonly address: Expression | null
  readonly port: Expression | null
}

/** A SYN proxy. The JSON keys are those of libnftables-json(5): mss, wscale, flags. @public @since 0.1.0 */
export interface SynproxyStatement {
  readonly kind: 'synproxy'
  readonly json: JsonObject | null
}

/** Sends a copy of the packet elsewhere. @public @since 0.1.0 */
export interface DuplicateStatement {
  readonly kind: 'dup'
  readonly address: Expression | null
  readonly device: Expression | null
}

/** Sends the packet itself elsewhere. @public @since 0.1.0 */
export interface ForwardStatement {
  readonly kind: 'fwd'
  readonly device: Expression
  readonly family: string | null
  readonly address: Expression | null
}

/** Takes a TCP option out of the packet. @public @since 0.1.0 */
export interface ResetStatement {
  readonly kind: 'reset'
  readonly option: Expression
}
