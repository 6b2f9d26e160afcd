import { type Family, families } from '@portolan/netfilter'
import { ownTable } from '../compile/ours.ts'
import type { Ruleset } from '../model/index.ts'

/**
 * Is our table there with its rules, so that mappings in it take effect?
 * @example
 * isStanding(await inspect(runner)) // false after "nft flush ruleset"
 * @public @since 0.1.0
 */
export const isStanding = (ruleset: Ruleset): boolean =>
  ownTable(ruleset)?.chains.some(({ base, rules }) => base !== null && rules.length > 0) === true

/** The families in which packets are led to our rules: our one table is of both. */
export const standingFamilies = (ruleset: Ruleset): readonly Family[] => (isStanding(ruleset) ? families : [])
