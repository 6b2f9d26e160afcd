import type { Element } from './element.ts'
import type { Expression } from './expression.ts'
import type { JsonObject } from './json.ts'
import type { Statement } from './statement.ts'

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

/** The JSON keys of libnftables-json(5): val, val_unit, used, used_unit, inv. @public @since 0.1.0 */
export interface QuotaStatement {
  readonly kind: 'quota'
  readonly json: JsonObject
}

/** When a packet was last here. @public @since 0.1.0 */
export interface LastStatement {
  readonly kind: 'last'
  /** `used`: milliseconds ago; null: never. */
  readonly json: JsonObject | null
}

/** `ct count 2`: true up to so many connections; `over`: beyond. @public @since 0.1.0 */
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

/** `update @s { ip saddr timeout 1m }`: what a packet writes into a set or map. @public @since 0.1.0 */
export interface UpdateStatement {
  readonly kind: 'update'
  readonly of: 'set' | 'map'
  readonly operation: string
  readonly name: string
  readonly element: Element
  /** Null of a set. */
  readonly data: Expression | null
  /** What the element carries: a limit, a counter. */
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

/** The JSON keys of libnftables-json(5): mss, wscale, flags. @public @since 0.1.0 */
export interface SynproxyStatement {
  readonly kind: 'synproxy'
  readonly json: JsonObject | null
}

/** Sends a copy elsewhere. @public @since 0.1.0 */
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
