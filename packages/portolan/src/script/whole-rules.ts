import { outwardInterfaces } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import type { Family } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import type { Backend } from '../backend/backend.ts'
import type { Plan } from '../plan/plan.ts'

/** What a script is made of. */
export type ScriptedPlan = Pick<Plan, 'desired' | 'backend' | 'project' | 'observed'>

/**
 * All that a host is to have of ours in nftables: the project, and every other one as the plan saw it. A script
 * replaces our whole table, so what is left out of it is removed.
 * @internal
 */
export const wholeNftables = ({ desired, project, observed: { rules } }: ScriptedPlan): nftables.Ruleset =>
  nftables.adopt(rules.nftables, desired, project)

/**
 * The same in a variant of iptables, where a script empties the chains that projects share.
 * @internal
 */
export const wholeIptables = (
  { desired, project, observed: { facts, rules } }: ScriptedPlan,
  variant: Exclude<Backend, 'nftables'>,
): iptables.Ruleset => iptables.adopt(rules[variant], desired, project, { leaving: outwardInterfaces(facts) })

/**
 * Chains of ours that a host has, its own chains lead to, and that nothing would be in any more: what stays in them
 * would stay in force.
 * @internal
 */
export const unusedEntries = (
  plan: ScriptedPlan,
  variant: Exclude<Backend, 'nftables'>,
  family: Family,
): readonly { readonly table: string; readonly chain: string }[] => {
  const wanted = new Set(
    iptables
      .selectFamily(wholeIptables(plan, variant), family)
      .tables.flatMap(({ name, chains }) => chains.map((chain) => `${name} ${chain.name}`)),
  )
  const present = iptables.ours(iptables.selectFamily(plan.observed.rules[variant], family))
  return iptables
    .jumpRules(present)
    .flatMap(({ table, to }) => (wanted.has(`${table} ${to}`) ? [] : [{ table, chain: to }]))
}
