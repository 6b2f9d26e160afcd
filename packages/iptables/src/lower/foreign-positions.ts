// Only in iptables: its rules are known by their positions, where rules of nftables have handles.

import { isOurs } from '../model/object-name.ts'
import type { Rule, Ruleset } from '../model/ruleset.ts'

/**
 * The positions of foreign rules in their chains, as read. Changes do not move foreign rules and keep the rule objects,
 * so each is found again in the changed ruleset.
 */
export const foreignPositions = (rulesets: readonly Ruleset[]): ((rule: Rule) => number | undefined) => {
  const positions = new Map<Rule, number>()
  for (const { tables } of rulesets)
    for (const { chains } of tables)
      for (const { name, rules } of chains)
        if (!isOurs(name))
          for (const [at, rule] of rules.entries()) if (!leadsToOurs(rule)) positions.set(rule, at + 1)
  return (rule) => positions.get(rule)
}

const leadsToOurs = ({ target }: Rule): boolean =>
  (target?.kind === 'jump' || target?.kind === 'goto') && isOurs(target.chain)
