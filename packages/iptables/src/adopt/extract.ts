import type { Family } from '@portolan/netfilter'
import { inTree } from '../compile/order/phase.ts'
import { readPhase } from '../compile/order/read-phase.ts'
import type { PlacedRule } from '../compile/parts.ts'
import { renamedChains } from '../compile/renamed-chains.ts'
import { projectOf } from '../compile/tag.ts'
import { rootOf } from '../compile/tree/dispatch.ts'
import { goto } from '../model/build.ts'
import { input, isOurs, local, loopback, prerouting, trees } from '../model/object-name.ts'
import type { Rule, Ruleset, Table } from '../model/ruleset.ts'

const isTableName = (name: string): name is PlacedRule['table'] =>
  name === 'mangle' || name === 'filter' || name === 'nat'

/**
 * The rules of projects in our chains of one table. Rules derived from other rules are left out: `assemble` makes them
 * again.
 */
export const placedRules = (table: Table): readonly PlacedRule[] => {
  const { name } = table
  if (!isTableName(name)) return []
  const renamed = renamedChains(table)
  return table.chains.flatMap((chain) => {
    const known = renamed.get(chain.name) ?? chain.name
    const roots = trees[name] ?? []
    const root = rootOf(known, roots)
    const isTree = roots.includes(root)
    if (!isOurs(known) || root === local) return []
    return chain.rules
      .filter((rule) => projectOf(rule) !== null)
      .flatMap((rule) => {
        const placed: PlacedRule = {
          table: name,
          chain: root,
          phase: isTree ? inTree : readPhase(root, rule),
          rule: named(uncounted(rule), renamed),
        }
        return root === prerouting ? fromOlder(placed, table.family) : [placed]
      })
  })
}

/**
 * Converts a rule of an older version. Older versions checked packets of a bridge for loopback addresses before DNAT.
 * Their IPv6 rules checked nothing and are left out.
 */
const fromOlder = (placed: PlacedRule, family: Family): readonly PlacedRule[] =>
  family === 'ip' ? [{ ...placed, chain: input, rule: { ...placed.rule, target: goto(loopback) } }] : []

/** The rules of projects in all our chains of one family. */
export const placedInFamily = ({ tables }: Ruleset, family: Family): readonly PlacedRule[] =>
  tables.filter((table) => table.family === family).flatMap(placedRules)

/** The rule without counters. A rule that has none is returned itself, so that its cached text stays valid. */
const uncounted = (rule: Rule): Rule => (rule.counters === null ? rule : { ...rule, counters: null })

/** The rule with the original name of a renamed chain in its target. */
const named = (rule: Rule, renamed: ReadonlyMap<string, string>): Rule => {
  const { target } = rule
  if (target?.kind !== 'jump' && target?.kind !== 'goto') return rule
  const known = renamed.get(target.chain)
  return known === undefined ? rule : { ...rule, target: { ...target, chain: known } }
}
