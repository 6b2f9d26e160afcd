import { type Family, families } from '@portolan/netfilter'
import { ownTable } from '../compile/ours.ts'
import type { Ruleset } from '../model/index.ts'

/**
 * Is our table there with rules in a base chain, so that its mappings take effect?
 * @example
 * isStanding(await inspect(runner)) // false after "nft flush ruleset"
 * @public @since 0.1.0
 */
export const isStanding = (ruleset: Ruleset): boolean =>
  ownTable(ruleset)?.chains.some(({ base, rules }) => base !== null && rules.length > 0) === true

/** The families whose packets reach our rules. One table serves both families, so the answer is both or none. */
export const standingFamilies = (ruleset: Ruleset): readonly Family[] => (isStanding(ruleset) ? families : [])
