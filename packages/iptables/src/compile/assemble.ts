import type { Family } from '@portolan/netfilter'
import {
  drop,
  from,
  goto,
  inBy,
  isReply,
  jump,
  notInState,
  outBy,
  returns,
  rule,
  to,
  toLocal,
} from '../ruleset/build.ts'
import { builtInChains } from '../ruleset/built-in.ts'
import * as chains from '../ruleset/chains.ts'
import { jumps } from '../ruleset/jumps.ts'
import type { Chain, Rule, Table } from '../ruleset/ruleset.ts'
import { type Leaving, leavingRules } from './leaving.ts'
import { compareText, orderRules } from './order.ts'
import type { PlacedRule } from './placed-rule.ts'
import { portTrees } from './port-trees.ts'

const tableNames = ['mangle', 'filter', 'nat'] as const

type ChainRules = Map<string, readonly Rule[]>

const own = (placed: readonly PlacedRule[]): readonly string[] => {
  const names = new Set<string>()
  for (const one of placed) {
    if (one.table !== 'mangle' || one.chain !== chains.prerouting) continue
    for (const match of one.rule.matches) if (match.kind === 'in') names.add(match.name)
  }
  return [...names].toSorted(compareText)
}

const mangleSkeleton = (mangle: ChainRules, family: Family): void => {
  if (mangle.has(chains.prerouting) && family === 'ip') {
    // We switch route_localnet on for our bridges, so the kernel no longer keeps their containers off 127/8.
    mangle.set(chains.preroutingOwn, [rule([from('127.0.0.0/8')], drop), rule([to('127.0.0.0/8')], drop)])
  }
  if (mangle.has(chains.home)) {
    // A first packet only: a container with two networks answers over either, and its replies are established.
    mangle.set(chains.forward, [
      rule([notInState('RELATED', 'ESTABLISHED')], jump(chains.home)),
      ...(mangle.get(chains.forward) ?? []),
    ])
  }
  if (mangle.has(chains.allow)) {
    mangle.set(chains.prerouting, [
      ...(mangle.get(chains.prerouting) ?? []),
      rule([inBy('lo')], returns),
      // A reply to the host's own flow may be for the same port number; a packet without a flow is no reply.
      rule([isReply], returns),
      rule([toLocal], goto(chains.allow)),
    ])
  }
}

const natSkeleton = (nat: ChainRules, family: Family, bridges: readonly string[]): void => {
  const source = nat.get(chains.source)
  // What the host says to itself is not ours to masquerade, though its address be one of a bridge of ours.
  if (source !== undefined) nat.set(chains.source, [rule([outBy('lo')], returns), ...source])
  const lookUp = nat.get(chains.destination)
  if (lookUp === undefined) return
  // A link-local source means nothing on another link; and there is no route_localnet in IPv6 that could bring
  // a flow to ::1 back.
  const skipped = family === 'ip' ? [] : [rule([from('fe80::/10')], returns), rule([to('::1/128')], returns)]
  const inside = nat.has(chains.local)
  nat.set(chains.output, [
    ...(inside ? [...skipped, rule([], jump(chains.local))] : []),
    rule([], goto(chains.destination)),
  ])
  nat.set(chains.destination, [
    ...skipped,
    ...(inside ? bridges.map((bridge) => rule([inBy(bridge)], jump(chains.local))) : []),
    ...lookUp,
  ])
}

/** Chains that something refers to, though they have no rules: they have to be there for the text to load. */
const declareReferred = (rules: ChainRules): void => {
  for (const list of [...rules.values()]) {
    for (const { target } of list) {
      if (target?.kind !== 'jump' && target?.kind !== 'goto') continue
      if (chains.isOurs(target.chain) && !rules.has(target.chain)) rules.set(target.chain, [])
    }
  }
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
 * Makes whole tables of the rules of all projects: puts each where it belongs, lays the ports out as trees, and
 * adds what belongs to no project. The result depends on the set of rules only, not on their order.
 *
 * @param leaving - for all projects
 * @returns mangle, filter and nat; none of them when there are no rules
 */
export const assemble = (
  family: Family,
  placed: readonly PlacedRule[],
  leaving: Leaving,
): readonly Table[] => {
  if (placed.length === 0) return []
  const trees = portTrees(placed)
  // Where each limited port is open to all besides, no limit is left, and an empty chain would pass for one that was
  // emptied.
  const isVoid = ({ rule: { target } }: PlacedRule): boolean =>
    target?.kind === 'jump' && target.chain === chains.limit && !trees.mangle.has(chains.limit)
  return tableNames.flatMap((name) => {
    const rules: ChainRules = new Map()
    const roots = chains.trees[name] ?? []
    const lists = new Map<string, Rule[]>()
    for (const one of placed) {
      if (one.table !== name || roots.includes(one.chain) || isVoid(one)) continue
      const list = lists.get(one.chain)
      if (list === undefined) lists.set(one.chain, [one.rule])
      else list.push(one.rule)
    }
    for (const [chain, list] of lists) rules.set(chain, orderRules(chain, list))
    for (const [root, tree] of name === 'filter' ? [] : trees[name]) {
      rules.set(root, tree.root)
      for (const [chain, list] of tree.chains) rules.set(chain, list)
    }
    if (name === 'mangle') mangleSkeleton(rules, family)
    if (name === 'filter' && rules.has(chains.acceptForwarded)) rules.set(chains.leave, leavingRules(leaving))
    if (name === 'nat') natSkeleton(rules, family, own(placed))
    declareReferred(rules)
    return rules.size === 0 ? [] : [toTable(family, name, rules)]
  })
}
