import type { Family } from '@portolan/netfilter'
import { builtInChains } from '../model/chain/built-in.ts'
import { jumps } from '../model/chain/jumps.ts'
import * as chains from '../model/object-name.ts'
import type { Chain, Table } from '../model/ruleset.ts'
import { type Leaving, leavingRules } from './leaving.ts'
import { compareText, orderRules } from './order/order.ts'
import type { PlacedRule } from './parts.ts'
import { type ChainRules, declareReferred, mangleSkeleton, natSkeleton } from './skeleton-chains.ts'
import { portTrees } from './tree/port-trees.ts'

const tableNames = ['mangle', 'filter', 'nat'] as const

/** The bridges that the rules name as the entry of packets, for the host or to be forwarded. */
const own = (placed: readonly PlacedRule[]): readonly string[] => {
  const names = new Set<string>()
  for (const { table, chain, rule } of placed) {
    if (table !== 'mangle' || (chain !== chains.input && chain !== chains.forward)) continue
    if (rule.target?.kind !== 'goto') continue
    for (const match of rule.matches) if (match.kind === 'in') names.add(match.name)
  }
  return [...names].toSorted(compareText)
}

const toTable = (family: Family, name: string, rules: ChainRules): Table => {
  const builtIn = (builtInChains[name] ?? []).flatMap((chain): readonly Chain[] => {
    const ours = jumps.filter((one) => one.table === name && one.chain === chain && rules.has(one.to))
    if (ours.length === 0) return []
    return [
      { kind: 'built-in', name: chain, policy: null, counters: null, rules: ours.map((one) => one.rule) },
    ]
  })
  const user = [...rules.keys()]
    .toSorted(compareText)
    .map((chain): Chain => ({ kind: 'user', name: chain, counters: null, rules: rules.get(chain) ?? [] }))
  return { family, name, header: [], chains: [...builtIn, ...user] }
}

/**
 * Builds whole tables from the rules of all projects. Each rule goes into its chain, ports are laid out as trees, and
 * the rules that belong to no project are added. The result depends on the set of rules and not on their order.
 *
 * @param leaving - the interfaces by which containers leave the host, for all projects
 * @returns mangle, filter and nat; no tables when there are no rules
 */
export const assemble = (
  family: Family,
  placed: readonly PlacedRule[],
  leaving: Leaving,
): readonly Table[] => {
  if (placed.length === 0) return []
  const trees = portTrees(placed)
  // Where another mapping opens each limited port to all, no limit is left. The jump to the chain of limits is then
  // left out: an empty chain would look as if it had been flushed.
  const isVoid = ({ rule: { target } }: PlacedRule): boolean =>
    target?.kind === 'jump' && target.chain === chains.limit && !trees.mangle.has(chains.limit)
  return tableNames.flatMap((name) => {
    const rules: ChainRules = new Map()
    const roots = chains.trees[name] ?? []
    const lists = new Map<string, PlacedRule[]>()
    for (const one of placed) {
      if (one.table !== name || roots.includes(one.chain) || isVoid(one)) continue
      const list = lists.get(one.chain)
      if (list === undefined) lists.set(one.chain, [one])
      else list.push(one)
    }
    for (const [chain, list] of lists) rules.set(chain, orderRules(list))
    for (const [root, tree] of name === 'filter' ? [] : trees[name]) {
      rules.set(root, tree.root)
      for (const [chain, list] of tree.chains) rules.set(chain, list)
    }
    if (name === 'mangle') mangleSkeleton(rules, family, own(placed))
    if (name === 'filter' && rules.has(chains.acceptForwarded)) rules.set(chains.leave, leavingRules(leaving))
    if (name === 'nat') natSkeleton(rules, family, own(placed))
    declareReferred(rules)
    return rules.size === 0 ? [] : [toTable(family, name, rules)]
  })
}
