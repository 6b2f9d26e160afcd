import type { Element } from './expression/expression.ts'
import type { JsonObject, JsonValue } from './expression/json.ts'
import type { Statement } from './expression/statement.ts'

/**
 * The content of `nft list ruleset`: tables in the order the kernel lists them. Handles are null in a compiled ruleset
 * that is not loaded yet.
 * @public @since 0.1.0
 */
export interface Ruleset {
  readonly tables: readonly Table[]
  /** Objects that name no listed table, verbatim. */
  readonly opaque: readonly JsonObject[]
}

/** @public @since 0.1.0 */
export type TableFamily = 'ip' | 'ip6' | 'inet' | 'arp' | 'bridge' | 'netdev'

/** @public @since 0.1.0 */
export interface Table {
  readonly family: TableFamily
  readonly name: string
  readonly handle: number | null
  readonly comment: string | null
  /** `dormant`, `owner`, `persist`. */
  readonly flags: readonly string[]
  /** The program that keeps the table for itself (`flags owner`), where it is known. nft's JSON does not say it. */
  readonly program?: string
  readonly sets: readonly NamedSet[]
  /** In the order of creation, which decides between base chains of equal priority. */
  readonly chains: readonly Chain[]
  /** Flowtables, stateful objects and whatever else the table holds, verbatim. */
  readonly opaque: readonly JsonObject[]
}

/**
 * A named set; a named map when it has a data type.
 * @public @since 0.1.0
 */
export interface NamedSet {
  readonly kind: 'set' | 'map'
  readonly name: string
  readonly handle: number | null
  readonly comment: string | null
  readonly keyType: SetType
  /** Null: a set, which holds no data. `verdict`: a verdict map. */
  readonly dataType: SetType | null
  readonly flags: readonly string[]
  readonly elements: readonly Element[]
  /** Timeout, size, policy and other attributes, verbatim. */
  readonly attributes: JsonObject | null
}

/**
 * The type of a key or of data: names of data types, several when concatenated, or a `typeof` expression, verbatim.
 * @public @since 0.1.0
 */
export type SetType =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'opaque'; readonly json: JsonValue }

/** @public @since 0.1.0 */
export interface Chain {
  readonly name: string
  readonly handle: number | null
  readonly comment: string | null
  /** Null: a chain without a hook, reached by jumps only. */
  readonly base: BaseChain | null
  readonly rules: readonly Rule[]
}

/** @public @since 0.1.0 */
export interface BaseChain {
  readonly type: string
  readonly hook: string
  readonly priority: number
  readonly policy: string | null
  readonly devices: readonly string[]
}

/** @public @since 0.1.0 */
export interface Rule {
  readonly handle: number | null
  readonly comment: string | null
  readonly statements: readonly Statement[]
}

/** An empty ruleset. */
export const emptyRuleset: Ruleset = { tables: [], opaque: [] }
