import type { Family } from '@portolan/netfilter'
import { isBuiltIn } from '../../model/chain/built-in.ts'
import type { Chain, Counters, Rule, Table } from '../../model/ruleset.ts'

/** A chain that is still being read. */
export interface OpenChain {
  readonly name: string
  readonly builtIn: boolean
  policy: string | null
  counters: Counters | null
  /** The rules that `-I` put in front, last one first. So a script of inserts takes no longer than one of appends. */
  front: Rule[]
  rules: Rule[]
}

/** A table that is still being read. */
export interface OpenTable {
  readonly name: string
  readonly header: readonly string[]
  readonly chains: Map<string, OpenChain>
  /** True: nothing was added since the whole table was flushed. */
  empty: boolean
}

export const openTable = (name: string, header: readonly string[]): OpenTable => ({
  name,
  header,
  chains: new Map(),
  empty: true,
})

/** The chain of this name, added if it is absent. */
export const openChain = (table: OpenTable, name: string): OpenChain => {
  const known = table.chains.get(name)
  if (known !== undefined) return known
  const builtIn = isBuiltIn(table.name, name)
  const chain: OpenChain = { name, builtIn, policy: null, counters: null, front: [], rules: [] }
  table.chains.set(name, chain)
  return chain
}

/** The chain for a rule or a policy: declared before, or built-in. Undefined: there is none. */
export const chainOf = (table: OpenTable, name: string): OpenChain | undefined =>
  table.chains.get(name) ?? (isBuiltIn(table.name, name) ? openChain(table, name) : undefined)

/**
 * Inserts rules into a chain.
 * @param position - the number of rules in front of them
 */
export const insertRules = (chain: OpenChain, position: number, added: readonly Rule[]): void => {
  const { front, rules } = chain
  if (position <= front.length) insertAt(front, front.length - position, added.toReversed())
  else insertAt(rules, position - front.length, added)
}

/**
 * The number of rules in one call. A call takes some hundred thousand arguments at most, and there may be more rules.
 */
const MOST_AT_ONCE = 10_000

const insertAt = (list: Rule[], place: number, added: readonly Rule[]): void => {
  for (let from = 0; from < added.length; from += MOST_AT_ONCE)
    list.splice(place + from, 0, ...added.slice(from, from + MOST_AT_ONCE))
}

export const closeTable = (table: OpenTable, family: Family): Table => ({
  family,
  name: table.name,
  header: table.header,
  chains: [...table.chains.values()].map(({ name, builtIn, policy, counters, front, rules }): Chain => {
    const all = front.length === 0 ? rules : [...front.toReversed(), ...rules]
    return builtIn
      ? { kind: 'built-in', name, policy, counters, rules: all }
      : { kind: 'user', name, counters, rules: all }
  }),
})

/** Flushes one chain, or all chains (`-F`). */
export const flush = (table: OpenTable, name: string | undefined): void => {
  const named = name === undefined ? undefined : table.chains.get(name)
  const chains =
    name === undefined && !table.empty ? [...table.chains.values()] : named === undefined ? [] : [named]
  for (const chain of chains) {
    chain.front = []
    chain.rules = []
  }
  if (name === undefined) table.empty = true
}

/** Deletes one chain, or all chains that are not built-in (`-X`). */
export const deleteChains = (table: OpenTable, name: string | undefined): void => {
  if (name !== undefined) {
    if (table.chains.get(name)?.builtIn === false) table.chains.delete(name)
    return
  }
  for (const chain of [...table.chains.values()]) if (!chain.builtIn) table.chains.delete(chain.name)
}
