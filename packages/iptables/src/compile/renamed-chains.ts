// Only in iptables: our chains stand in shared tables, so a renamed chain of ours looks foreign.

import { jumps } from '../model/chain/jumps.ts'
import * as chains from '../model/object-name.ts'
import type { Rule, Table } from '../model/ruleset.ts'
import { projectOf, tagOf } from './tag.ts'
import { rootOf } from './tree/dispatch.ts'

const interfaceOf = (rule: Rule, side: 'in' | 'out'): string | null => {
  for (const match of rule.matches) if (match.kind === side && !match.negated) return match.name
  return null
}

/**
 * The chain that a rule of one of our chains leads to, by its original name: for a tree, the root. Null: the rule leads
 * to no chain of ours.
 */
const leadOf = (chain: string, rule: Rule): string | null => {
  const inBy = interfaceOf(rule, 'in')
  const outBy = interfaceOf(rule, 'out')
  const isJump = rule.target?.kind === 'jump'
  switch (chain) {
    case chains.prerouting:
      return inBy === null ? chains.allow : chains.loopback
    case chains.input:
      return chains.loopback
    case chains.forward:
      if (isJump) return chains.home
      return outBy === null ? chains.between : chains.toBridge(outBy)
    case chains.between:
      if (isJump) return chains.loopback
      return outBy === null ? null : chains.ownToBridge(outBy)
    case chains.acceptForwarded:
      return chains.leave
    case chains.source:
      return outBy === null ? null : chains.sourceOfBridge(outBy)
    case chains.output:
      return isJump ? chains.local : chains.destination
    case chains.destination:
      return isJump ? chains.local : chains.destination
    case chains.allow:
    case chains.limit:
    case chains.open:
    case chains.local:
      return chain
    default:
      return isJump ? chains.limit : chains.open
  }
}

const targetOf = ({ target }: Rule): string | null =>
  target?.kind === 'jump' || target?.kind === 'goto' ? target.chain : null

/**
 * Finds our chains that were renamed (`iptables -E`): their new names with the original ones; for a tree, the root. The
 * kernel keeps the jumps to a renamed chain, so our own rules show it: we do not lead to chains of other names. A rule
 * that another program added to our chain proves nothing, unless all rules of its target are ours.
 */
export const renamedChains = (table: Table): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  const byName = new Map(table.chains.map((chain) => [chain.name, chain]))
  const isForeign = (name: string): boolean =>
    !chains.isOurs(name) && !found.has(name) && byName.get(name)?.kind === 'user'
  const holdsOurs = (name: string): boolean => {
    const rules = byName.get(name)?.rules ?? []
    return rules.length > 0 && rules.every((rule) => projectOf(rule) !== null)
  }
  const visit = (chain: string, original: string): void => {
    for (const rule of byName.get(chain)?.rules ?? []) {
      const target = targetOf(rule)
      if (target === null || !isForeign(target)) continue
      const lead = leadOf(rootOf(original, chains.trees[table.name] ?? []), rule)
      if (lead === null || (projectOf(rule) === null && !holdsOurs(target) && !isNode(target))) continue
      found.set(target, lead)
      visit(target, lead)
    }
  }
  /** Is this an inner chain of a tree? Its rules have no comments and lead on to chains of ours. */
  const isNode = (name: string): boolean => {
    const rules = byName.get(name)?.rules ?? []
    return rules.length > 0 && rules.every((rule) => chains.isOurs(targetOf(rule) ?? ''))
  }
  for (const { name, kind, rules } of table.chains) {
    if (kind === 'user' && chains.isOurs(name)) visit(name, name)
    if (kind !== 'built-in') continue
    for (const rule of rules) {
      const target = targetOf(rule)
      const jump = jumps.find((one) => one.table === table.name && one.chain === name)
      if (jump === undefined || target === null || tagOf(rule) !== 'portolan' || !isForeign(target)) continue
      found.set(target, jump.to)
      visit(target, jump.to)
    }
  }
  return found
}
