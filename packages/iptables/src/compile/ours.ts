import { jumps } from '../model/chain/jumps.ts'
import type { Chain, Rule, Ruleset, Table } from '../model/ruleset.ts'
import { isOurs } from './object-name.ts'
import { renamedChains } from './renamed-chains.ts'
import { tagOf } from './tag.ts'

/** Says of the name of a chain whether that is ours. */
export type IsOwn = (chain: string) => boolean

/** Whether a rule of a built-in or foreign chain leads to one of our chains. */
export const leadsToOurs = (rule: Rule, isOwn: IsOwn = isOurs): boolean =>
  (rule.target?.kind === 'jump' || rule.target?.kind === 'goto') && isOwn(rule.target.chain)

/** Ours in a table: by their names, and those that were renamed. */
export const ownChains = (table: Table | undefined): IsOwn => {
  const renamed = table === undefined ? null : renamedChains(table)
  return (chain) => isOurs(chain) || renamed?.has(chain) === true
}

/** Chains that hold nothing of ours are left out: nothing in them is to be compared. */
const ourPart = (chain: Chain, isOwn: IsOwn): readonly Chain[] => {
  if (chain.kind === 'user' && isOwn(chain.name)) return [chain]
  const rules = chain.rules.filter((rule) => leadsToOurs(rule, isOwn))
  return rules.length === 0 ? [] : [{ ...chain, rules }]
}

/**
 * What of a ruleset is ours: our chains, and of all other chains the rules that lead to them.
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
 * Whether a rule in this chain is one that Portolan itself would have put there: now, or in an earlier version, which
 * marked its jumps alike.
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
