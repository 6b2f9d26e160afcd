import { families } from '@portolan/netfilter'
import { compareText } from '../compile/order/order.ts'
import { builtInChains, isBuiltIn } from '../model/chain/built-in.ts'
import type { IptablesChange, Operation } from '../model/change.ts'
import { type Chain, findTable, type Rule, type Ruleset, type Table } from '../model/ruleset.ts'
import { printRule } from '../print/rule/print-rule.ts'

const tableOrder = ['raw', 'mangle', 'filter', 'nat', 'security']

const rankOf = (table: Table): number =>
  families.indexOf(table.family) * tableOrder.length + tableOrder.indexOf(table.name)

const emptyChain = (table: string, name: string): Chain =>
  isBuiltIn(table, name)
    ? { kind: 'built-in', name, policy: null, counters: null, rules: [] }
    : { kind: 'user', name, counters: null, rules: [] }

/** Compares two chains by their position in the kernel's listing: built-in chains by hook, then the others by name. */
const compareChains = (table: string, left: Chain, right: Chain): number => {
  if (left.kind !== right.kind) return left.kind === 'built-in' ? -1 : 1
  if (left.kind === 'user') return compareText(left.name, right.name)
  const order = builtInChains[table] ?? []
  return order.indexOf(left.name) - order.indexOf(right.name)
}

/** A chain while changes are carried out. A chain may get thousands of rules, and a table thousands of chains. */
interface OpenChain {
  readonly chain: Chain
  /** Null: no change yet; the rules are those of the chain. */
  rules: Rule[] | null
}

interface OpenTable {
  readonly table: Table
  readonly chains: Map<string, OpenChain>
  /** The names of the new chains. */
  readonly made: Set<string>
}

const open = (table: Table): OpenTable => ({
  table,
  chains: new Map(table.chains.map((chain) => [chain.name, { chain, rules: null }])),
  made: new Set(),
})

const close = ({ table, chains, made }: OpenTable): Table => {
  const kept: Chain[] = []
  const added: Chain[] = []
  for (const [name, { chain, rules }] of chains)
    (made.has(name) ? added : kept).push(rules === null ? chain : { ...chain, rules })
  return { ...table, chains: added.length === 0 ? kept : placed(table.name, kept, added) }
}

/** Puts each new chain behind the last chain that sorts before it. */
const placed = (table: string, kept: readonly Chain[], added: readonly Chain[]): readonly Chain[] => {
  const behind = new Map<number, Chain[]>()
  for (const chain of added.toSorted((a, b) => compareChains(table, a, b))) {
    const at = kept.findLastIndex((other) => compareChains(table, other, chain) < 0)
    const list = behind.get(at)
    if (list === undefined) behind.set(at, [chain])
    else list.push(chain)
  }
  return [...(behind.get(-1) ?? []), ...kept.flatMap((chain, at) => [chain, ...(behind.get(at) ?? [])])]
}

const change = (rules: Rule[], operation: Operation): void => {
  switch (operation.kind) {
    case 'insert-rule':
      if (operation.position === null) rules.push(operation.rule)
      else rules.splice(operation.position - 1, 0, operation.rule)
      break
    case 'delete-rule': {
      const at = operation.by === 'text' ? placeOf(rules, operation.rule) : operation.position - 1
      if (at !== -1) rules.splice(at, 1)
      break
    }
    case 'move-rule': {
      const at = placeOf(rules, operation.rule)
      const [rule] = at === -1 ? [] : rules.splice(at, 1)
      if (rule !== undefined) rules.splice(operation.to - 1, 0, rule)
      break
    }
  }
}

const placeOf = (rules: readonly Rule[], wanted: Rule): number => {
  const text = printRule(wanted)
  return rules.findIndex((rule) => printRule(rule) === text)
}

const applyOne = ({ table, chains, made }: OpenTable, operation: Operation): void => {
  const { chain: name } = operation
  const remove = (): void => {
    chains.delete(name)
    made.delete(name)
  }
  if (operation.kind === 'delete-chain') {
    remove()
    return
  }
  const found = chains.get(name) ?? { chain: emptyChain(table.name, name), rules: null }
  if (!chains.has(name)) made.add(name)
  chains.set(name, found)
  found.rules ??= [...found.chain.rules]
  change(found.rules, operation)
  // A built-in chain of a compiled ruleset holds only our jump, and is removed with it.
  const { chain } = found
  if (chain.kind === 'built-in' && chain.policy === null && found.rules.length === 0) remove()
}

/**
 * Applies changes to a ruleset in memory: the pure counterpart of `apply`.
 *
 * @example
 * applyTo(actual, diff(actual, desired)) // our rules of `desired`, and all foreign rules of `actual`
 * @public @since 0.1.0
 */
export const applyTo = (ruleset: Ruleset, changes: readonly IptablesChange[]): Ruleset => {
  const tables = [...ruleset.tables]
  const opened = new Map<string, OpenTable>()
  for (const { operation } of changes) {
    const { family, table: name } = operation
    const key = `${family} ${name}`
    const known = opened.get(key)
    const found = known ?? open(findTable(ruleset, family, name) ?? { family, name, header: [], chains: [] })
    if (known === undefined) {
      opened.set(key, found)
      if (!tables.includes(found.table)) {
        const before = tables.findLastIndex((other) => rankOf(other) < rankOf(found.table)) + 1
        tables.splice(before, 0, found.table)
      }
    }
    applyOne(found, operation)
  }
  const closed = tables.map((table) => {
    const own = opened.get(`${table.family} ${table.name}`)
    return own?.table === table ? close(own) : table
  })
  return { ...ruleset, tables: closed.filter((table) => table.chains.length > 0) }
}
