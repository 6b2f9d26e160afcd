import { ownTable } from '../compile/ours.ts'
import type { NftablesChange, Operation } from '../model/change.ts'
import {
  type Chain,
  type Element,
  identity,
  type NamedSet,
  type Ruleset,
  type Table,
} from '../model/index.ts'

/** A set whose elements change. Most sets only get more elements, and additions need no key text. */
interface OpenSet {
  readonly set: NamedSet
  readonly elements: Element[]
  /** The replaced elements by the text of their key; null for a removed element. */
  readonly changed: Map<string, Element | null>
}

interface OpenTable {
  readonly table: Table
  readonly sets: Map<string, OpenSet>
  readonly chains: Map<string, Chain>
}

const openSet = (set: NamedSet, elements: readonly Element[]): OpenSet => ({
  set,
  elements: [...elements],
  changed: new Map(),
})

const elementsOf = ({ elements, changed }: OpenSet): readonly Element[] => {
  if (changed.size === 0) return elements
  return elements.flatMap((element) => {
    const found = changed.get(identity(element.key))
    return found === undefined ? [element] : found === null ? [] : [found]
  })
}

const open = (table: Table): OpenTable => ({
  table,
  sets: new Map(table.sets.map((set) => [set.name, openSet(set, set.elements)])),
  chains: new Map(table.chains.map((chain) => [chain.name, chain])),
})

const close = ({ table, sets, chains }: OpenTable): Table => ({
  ...table,
  sets: [...sets.values()].map((open) => ({ ...open.set, elements: elementsOf(open) })),
  chains: [...chains.values()],
})

const carryOut = (current: OpenTable | null, operation: Operation): OpenTable | null => {
  if (operation.kind === 'remove-table') return null
  if (operation.kind === 'add-table' || operation.kind === 'replace-table') return open(operation.table)
  if (current === null) throw new RangeError(`There is no table to carry out ${operation.kind} on.`)
  switch (operation.kind) {
    case 'add-set':
      current.sets.set(operation.set.name, openSet(operation.set, []))
      break
    case 'remove-set':
      current.sets.delete(operation.set.name)
      break
    case 'add-chain':
      current.chains.set(operation.chain.name, operation.chain)
      break
    case 'remove-chain':
      current.chains.delete(operation.chain.name)
      break
    case 'replace-rules':
      current.chains.set(operation.chain.name, { ...operation.chain, rules: operation.rules })
      break
    case 'add-element': {
      const set = current.sets.get(operation.set.name)
      if (set === undefined) break
      const key = set.changed.size === 0 ? null : identity(operation.element.key)
      if (key !== null && set.changed.has(key)) set.changed.set(key, operation.element)
      else set.elements.push(operation.element)
      break
    }
    case 'replace-element':
      current.sets.get(operation.set.name)?.changed.set(identity(operation.element.key), operation.element)
      break
    case 'remove-element':
      current.sets.get(operation.set.name)?.changed.set(identity(operation.element.key), null)
      break
  }
  return current
}

/**
 * Applies changes to a ruleset in memory, without a kernel. Foreign tables stay as they are.
 *
 * @throws RangeError when the changes are not for this ruleset
 * @example
 * applyTo(actual, diff(actual, desired)) // desired, and the tables of others
 * @public @since 0.1.0
 */
export const applyTo = (ruleset: Ruleset, changes: readonly NftablesChange[]): Ruleset => {
  const own = ownTable(ruleset)
  let current = own === null ? null : open(own)
  for (const { operation } of changes) current = carryOut(current, operation)
  const table = current === null ? null : close(current)
  if (own === null) return table === null ? ruleset : { ...ruleset, tables: [...ruleset.tables, table] }
  return {
    ...ruleset,
    tables: ruleset.tables.flatMap((found) => (found !== own ? [found] : table === null ? [] : [table])),
  }
}
