// Only in iptables: its rules are known by their places, and those of nftables have handles.

import { isOurs } from '../compile/object-name.ts'
import type { Rule, Ruleset } from '../model/ruleset.ts'

/**
 * The places of foreign rules in their chains. Changes move no foreign rule, and keep the very rules that were read, so
 * a rule is found again among those that changes make of them.
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
