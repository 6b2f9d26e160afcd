import { families } from '@portolan/core'
import { compareText } from '../compile/order.ts'
import { printRule } from '../print/print-rule.ts'
import { builtInChains, isBuiltIn } from '../ruleset/built-in.ts'
import type { Chain, Rule, Ruleset, Table } from '../ruleset/ruleset.ts'
import type { IptablesChange, Operation } from './change.ts'

const tableOrder = ['raw', 'mangle', 'filter', 'nat', 'security']

const rankOf = (table: Table): number =>
  families.indexOf(table.family) * tableOrder.length + tableOrder.indexOf(table.name)

const emptyChain = (table: string, name: string): Chain =>
  isBuiltIn(table, name)
    ? { kind: 'built-in', name, policy: null, counters: null, rules: [] }
    : { kind: 'user', name, counters: null, rules: [] }

/** A chain stands where the kernel would list it: built-in ones by hook, the others by name after them. */
const insertChain = (table: Table, chain: Chain): readonly Chain[] => {
  const order = builtInChains[table.name] ?? []
  const isBefore = (other: Chain): boolean => {
    if (chain.kind !== other.kind) return other.kind === 'built-in'
    return chain.kind === 'built-in'
      ? order.indexOf(other.name) < order.indexOf(chain.name)
      : compareText(other.name, chain.name) < 0
  }
  const at = table.chains.findLastIndex(isBefore) + 1
  return table.chains.toSpliced(at, 0, chain)
}

const change = (rules: readonly Rule[], operation: Operation): readonly Rule[] => {
  switch (operation.kind) {
    case 'insert-rule': {
      const at = operation.position === null ? rules.length : operation.position - 1
      return rules.toSpliced(at, 0, operation.rule)
    }
    case 'delete-rule': {
      const text = printRule(operation.rule)
      const at =
        operation.by === 'text' ? rules.findIndex((rule) => printRule(rule) === text) : operation.position - 1
      return at === -1 ? rules : rules.toSpliced(at, 1)
    }
    case 'move-rule': {
      const text = printRule(operation.rule)
      const at = rules.findIndex((rule) => printRule(rule) === text)
      const [rule] = rules.slice(at, at + 1)
      return rule === undefined ? rules : rules.toSpliced(at, 1).toSpliced(operation.to - 1, 0, rule)
    }
    default:
      return rules
  }
}

const applyOne = (table: Table, operation: Operation): Table => {
  const { chain: name } = operation
  if (operation.kind === 'delete-chain') {
    return { ...table, chains: table.chains.filter((chain) => chain.name !== name) }
  }
  const found = table.chains.find((chain) => chain.name === name)
  const chain = found ?? emptyChain(table.name, name)
  const changed = { ...chain, rules: change(chain.rules, operation) }
  // A built-in chain of a compiled ruleset, known only for our jump, goes with it.
  const gone = chain.kind === 'built-in' && chain.policy === null && changed.rules.length === 0
  if (gone) return { ...table, chains: table.chains.filter((other) => other.name !== name) }
  return {
    ...table,
    chains:
      found === undefined
        ? insertChain(table, changed)
        : table.chains.map((other) => (other.name === name ? changed : other)),
  }
}

/**
 * What a ruleset becomes by changes: the pure counterpart of `apply`.
 *
 * @example
 * applyTo(actual, diff(actual, desired)) // has of ours what `desired` has, and all foreign rules of `actual`
 * @public @since 0.1.0
 */
export const applyTo = (ruleset: Ruleset, changes: readonly IptablesChange[]): Ruleset => {
  let tables = ruleset.tables
  for (const { operation } of changes) {
    const { family, table: name } = operation
    const at = tables.findIndex((table) => table.family === family && table.name === name)
    const table = tables[at]
    if (table === undefined) {
      const made = applyOne({ family, name, header: [], chains: [] }, operation)
      const before = tables.findLastIndex((other) => rankOf(other) < rankOf(made)) + 1
      tables = tables.toSpliced(before, 0, made)
    } else {
      tables = tables.with(at, applyOne(table, operation))
    }
  }
  return { ...ruleset, tables: tables.filter((table) => table.chains.length > 0) }
}
