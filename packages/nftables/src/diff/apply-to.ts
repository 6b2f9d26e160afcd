import { ownTable } from '../compile/table-name.ts'
import {
  type Chain,
  type Element,
  identity,
  type NamedSet,
  type Ruleset,
  type Table,
} from '../model/index.ts'
import type { NftablesChange, Operation } from './change.ts'

interface OpenTable {
  readonly table: Table
  readonly sets: Map<string, { readonly set: NamedSet; readonly elements: Map<string, Element> }>
  readonly chains: Map<string, Chain>
}

const open = (table: Table): OpenTable => ({
  table,
  sets: new Map(
    table.sets.map((set) => [
      set.name,
      { set, elements: new Map(set.elements.map((item) => [identity(item.key), item])) },
    ]),
  ),
  chains: new Map(table.chains.map((chain) => [chain.name, chain])),
})

const close = ({ table, sets, chains }: OpenTable): Table => ({
  ...table,
  sets: [...sets.values()].map(({ set, elements }) => ({ ...set, elements: [...elements.values()] })),
  chains: [...chains.values()],
})

const carryOut = (current: OpenTable | null, operation: Operation): OpenTable | null => {
  if (operation.kind === 'remove-table') return null
  if (operation.kind === 'add-table' || operation.kind === 'replace-table') return open(operation.table)
  if (current === null) throw new RangeError(`There is no table to carry out ${operation.kind} on.`)
  switch (operation.kind) {
    case 'add-set':
      current.sets.set(operation.set.name, { set: operation.set, elements: new Map() })
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
    case 'add-element':
    case 'replace-element':
      current.sets.get(operation.set.name)?.elements.set(identity(operation.element.key), operation.element)
      break
    case 'remove-element':
      current.sets.get(operation.set.name)?.elements.delete(identity(operation.element.key))
      break
  }
  return current
}

/**
 * What a ruleset is after changes, without a kernel. Other tables stay as they are.
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
