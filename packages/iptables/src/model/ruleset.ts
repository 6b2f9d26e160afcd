import type { Family } from '@portolan/netfilter'
import type { Match } from './option/match.ts'
import type { Target } from './option/target.ts'

/**
 * The tables of one or both families, as iptables-save prints them or as iptables-restore takes them.
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
  /** In the order they are declared: built-in chains first, then the others by name, as the kernel lists them. */
  readonly chains: readonly Chain[]
}

/**
 * A built-in chain hangs on a hook and has a policy; `policy: null` leaves the host's as it is, which is all
 * that a compiled ruleset ever does.
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
  /** Null: the rule only counts. */
  readonly target: Target | null
  /** Null unless they were read with `iptables-save -c`. */
  readonly counters: Counters | null
}

/**
 * A ruleset without tables: as the desired state it means that nothing of ours is to stay.
 * @public @since 0.1.0
 */
export const emptyRuleset: Ruleset = { tables: [], trailer: [] }

/**
 * The tables of one family.
 * @example
 * print(selectFamily(ruleset, 'ip6'), 'iptables-save')
 * @public @since 0.1.0
 */
export const selectFamily = (ruleset: Ruleset, family: Family): Ruleset => ({
  tables: ruleset.tables.filter((table) => table.family === family),
  trailer: ruleset.trailer,
})

/** One table of one family, if it is there. */
export const findTable = (ruleset: Ruleset, family: Family, name: string): Table | undefined =>
  ruleset.tables.find((table) => table.family === family && table.name === name)

/**
 * Tables of several rulesets as one: the two families of a host, read from two files.
 * @example
 * mergeRulesets(parse(save4, 'iptables-save', 'ip'), parse(save6, 'ip6tables-save', 'ip6'))
 * @public @since 0.1.0
 */
export const mergeRulesets = (...rulesets: readonly Ruleset[]): Ruleset => ({
  tables: rulesets.flatMap(({ tables }) => tables),
  trailer: rulesets.flatMap(({ trailer }) => trailer),
})
