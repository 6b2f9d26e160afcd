import { isOurs } from '../ruleset/chains.ts'
import { jumps } from '../ruleset/jumps.ts'
import type { Chain, Rule, Ruleset } from '../ruleset/ruleset.ts'

/** Whether a rule of a built-in or foreign chain leads to one of our chains. */
export const leadsToOurs = (rule: Rule): boolean =>
  (rule.target?.kind === 'jump' || rule.target?.kind === 'goto') && isOurs(rule.target.chain)

/** Chains that hold nothing of ours are left out: nothing in them is to be compared. */
const ourPart = (chain: Chain): readonly Chain[] => {
  if (chain.kind === 'user' && isOurs(chain.name)) return [chain]
  const rules = chain.rules.filter(leadsToOurs)
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
    const chains = table.chains.flatMap(ourPart)
    return chains.length === 0 ? [] : [{ ...table, header: [], chains }]
  }),
  trailer: [],
})

/** Whether a rule in this chain is one that Portolan itself would have put there. */
export const isOwnJump = (table: string, chain: string, rule: Rule): boolean =>
  jumps.some(
    (jump) =>
      jump.table === table &&
      jump.chain === chain &&
      rule.target?.kind === 'jump' &&
      rule.target.chain === jump.to,
  )
