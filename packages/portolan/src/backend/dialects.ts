import type { Dialect } from '@portolan/core'
import type { Ruleset as IptablesRuleset, StoredTables } from '@portolan/iptables'
import { type IptablesChange, iptablesLegacy, iptablesNft } from '@portolan/iptables'
import type { NftablesChange, Ruleset as NftablesRuleset, StoredListing } from '@portolan/nftables'
import { nftables } from '@portolan/nftables'
import type { Backend } from './backend.ts'

// This is the one file that names the dialects. All other files ask this table. The functions below read nf_tables as a
// whole, and iptables-nft rules need them too.
export { chainsInPlaceOfBuiltIn, generation, tableNames } from '@portolan/nftables'

/** The types that belong to each dialect. Other code only hands their values back to that dialect. */
interface DialectTypes {
  readonly nftables: {
    readonly rules: NftablesRuleset
    readonly change: NftablesChange
    readonly stored: StoredListing
  }
  readonly 'iptables-nft': {
    readonly rules: IptablesRuleset
    readonly change: IptablesChange
    readonly stored: StoredTables
  }
  readonly 'iptables-legacy': {
    readonly rules: IptablesRuleset
    readonly change: IptablesChange
    readonly stored: StoredTables
  }
}

/**
 * A ruleset of one backend.
 * @public @since 0.1.0
 */
export type RulesOf<One extends Backend> = DialectTypes[One]['rules']

/**
 * A ruleset of one backend as JSON holds it.
 * @internal
 */
export type StoredOf<One extends Backend> = DialectTypes[One]['stored']

/**
 * A change of one backend's rules, as it stands in a plan.
 * @internal
 */
export type RuleChange<One extends Backend> = DialectTypes[One]['change'] & { readonly part: One }

/**
 * A ruleset of each backend.
 * @public @since 0.1.0
 */
export type RulesByBackend = { readonly [One in Backend]: RulesOf<One> }

/**
 * The dialect of one backend.
 * @public @since 0.1.0
 */
export type DialectOf<One extends Backend> = Dialect<
  One,
  RulesOf<One>,
  DialectTypes[One]['change'],
  StoredOf<One>
>

/**
 * The dialect of each backend.
 * @public @since 0.1.0
 */
export const dialects: { readonly [One in Backend]: DialectOf<One> } = {
  nftables,
  'iptables-nft': iptablesNft,
  'iptables-legacy': iptablesLegacy,
}

/**
 * Makes a ruleset for each backend.
 * @internal
 */
export const rulesByBackend = (
  rulesOf: <One extends Backend>(backend: One) => RulesOf<One>,
): RulesByBackend => ({
  nftables: rulesOf('nftables'),
  'iptables-nft': rulesOf('iptables-nft'),
  'iptables-legacy': rulesOf('iptables-legacy'),
})

/** @internal */
export type AnyRuleChange = { readonly [One in Backend]: RuleChange<One> }[Backend]

/**
 * Makes the changes of each backend's rules.
 * @internal
 */
export const changesByBackend = (
  changesOf: <One extends Backend>(backend: One) => readonly RuleChange<One>[],
): Readonly<Record<Backend, readonly AnyRuleChange[]>> => ({
  nftables: changesOf('nftables'),
  'iptables-nft': changesOf('iptables-nft'),
  'iptables-legacy': changesOf('iptables-legacy'),
})
