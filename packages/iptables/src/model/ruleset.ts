import type { Family } from '@portolan/netfilter'
import type { Match } from './option/match.ts'
import type { Target } from './option/target.ts'

/**
 * The tables of one or both families, in the form of iptables-save and iptables-restore.
 * @public @since 0.1.0
 */
export interface Ruleset {
  readonly tables: readonly Table[]
  /** Comment and empty lines after the last table, without their newlines. */
  readonly trailer: readonly string[]
}

/** @public @since 0.1.0 */
export interface Table {
  readonly family: Family
  /** `filter`, `nat`, `mangle`, `raw`, `security`. */
  readonly name: string
  /** Comment and empty lines before `*name`, without their newlines. */
  readonly header: readonly string[]
  /** In the order of their declarations. The kernel lists built-in chains first, then the others by name. */
  readonly chains: readonly Chain[]
}

/**
 * A chain of a table. A built-in chain belongs to a hook and has a policy. `policy: null` leaves the host's policy as
 * it is, and a compiled ruleset has no other value.
 * @public @since 0.1.0
 */
export type Chain =
  | {
      readonly kind: 'built-in'
      readonly name: string
      readonly policy: string | null
      readonly counters: Counters | null
      readonly rules: readonly Rule[]
    }
  | {
      readonly kind: 'user'
      readonly name: string
      readonly counters: Counters | null
      readonly rules: readonly Rule[]
    }

/** @public @since 0.1.0 */
export interface Counters {
  readonly packets: bigint
  readonly bytes: bigint
}

/** @public @since 0.1.0 */
export interface Rule {
  /** In the order iptables-save prints them. */
  readonly matches: readonly Match[]
  /** Null: the rule has no target and only counts. */
  readonly target: Target | null
  /** Null: read without `iptables-save -c`. */
  readonly counters: Counters | null
}

/**
 * A ruleset without tables. As the desired ruleset it means that all our rules are removed.
 * @public @since 0.1.0
 */
export const emptyRuleset: Ruleset = { tables: [], trailer: [] }

/**
 * The part of a ruleset that belongs to one family.
 * @example
 * print(selectFamily(ruleset, 'ip6'), 'iptables-save')
 * @public @since 0.1.0
 */
export const selectFamily = (ruleset: Ruleset, family: Family): Ruleset => ({
  tables: ruleset.tables.filter((table) => table.family === family),
  trailer: ruleset.trailer,
})

/** One table of one family; undefined when it is absent. */
export const findTable = (ruleset: Ruleset, family: Family, name: string): Table | undefined =>
  ruleset.tables.find((table) => table.family === family && table.name === name)

/**
 * Joins the tables of several rulesets, such as the two families of a host that were read from two files.
 * @example
 * mergeRulesets(parse(save4, 'iptables-save', 'ip'), parse(save6, 'ip6tables-save', 'ip6'))
 * @public @since 0.1.0
 */
export const mergeRulesets = (...rulesets: readonly Ruleset[]): Ruleset => ({
  tables: rulesets.flatMap(({ tables }) => tables),
  trailer: rulesets.flatMap(({ trailer }) => trailer),
})
