import { jumps } from '../model/chain/jumps.ts'
import { isOurs } from '../model/object-name.ts'
import type { Chain, Rule, Ruleset, Table } from '../model/ruleset.ts'
import { renamedChains } from './renamed-chains.ts'
import { tagOf } from './tag.ts'

/** Says whether a chain of this name is ours. */
export type IsOwn = (chain: string) => boolean

/** Does a rule of a built-in or foreign chain lead to one of our chains? */
export const leadsToOurs = (rule: Rule, isOwn: IsOwn = isOurs): boolean =>
  (rule.target?.kind === 'jump' || rule.target?.kind === 'goto') && isOwn(rule.target.chain)

/** Tells our chains in a table: by their names, and the ones that were renamed. */
export const ownChains = (table: Table | undefined): IsOwn => {
  const renamed = table === undefined ? null : renamedChains(table)
  return (chain) => isOurs(chain) || renamed?.has(chain) === true
}

/** The part of a chain that is ours. A chain without any is left out, because nothing in it is compared. */
const ourPart = (chain: Chain, isOwn: IsOwn): readonly Chain[] => {
  if (chain.kind === 'user' && isOwn(chain.name)) return [chain]
  const rules = chain.rules.filter((rule) => leadsToOurs(rule, isOwn))
  return rules.length === 0 ? [] : [{ ...chain, rules }]
}

/**
 * Reduces a ruleset to our part: our chains, and the rules of all other chains that lead to them.
 *
 * @example
 * ours(parse(text)).tables // [] on a host that never saw us
 * @public @since 0.1.0
 */
export const ours = (ruleset: Ruleset): Ruleset => ({
  tables: ruleset.tables.flatMap((table) => {
    const isOwn = ownChains(table)
    const chains = table.chains.flatMap((chain) => ourPart(chain, isOwn))
    return chains.length === 0 ? [] : [{ ...table, header: [], chains }]
  }),
  trailer: [],
})

/**
 * Is a rule in this chain one that Portolan itself would have put there? Earlier versions are included: they marked
 * their jumps in the same way.
 */
export const isOwnJump = (table: string, chain: string, rule: Rule, isOwn: IsOwn = isOurs): boolean =>
  leadsToOurs(rule, isOwn) &&
  (tagOf(rule) === 'portolan' ||
    jumps.some(
      (jump) =>
        jump.table === table &&
        jump.chain === chain &&
        rule.target?.kind === 'jump' &&
        rule.target.chain === jump.to,
    ))
