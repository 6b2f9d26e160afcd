import type { ElementTable, ValueRange, ValueSet } from '@portolan/netfilter'
import type { NamedSet, Table } from '../../model/index.ts'
import type { ValueType } from './value.ts'

/** The table that a rule stands in: its named sets, each lowered once and shared. */
export interface Scope {
  readonly table: Table
  readonly sets: ReadonlyMap<string, NamedSet>
  /** Sets that packets write into. */
  readonly written: ReadonlySet<string>
  readonly lowered: Map<string, ElementTable>
  /** Constants in keys and in data, each read once: thousands of elements name the same protocols and ports. */
  readonly known: { readonly values: Constants<ValueSet>; readonly ranges: Constants<ValueRange> }
}

/** What constants are read as, by their type; null: not understood. */
type Constants<Value> = Map<ValueType, Map<string | number, Value | null>>

/** Old kernels and old listings have no flag `dynamic`: what a rule writes into is asked of the rules. */
const writtenIn = (table: Table): ReadonlySet<string> => {
  const written = new Set<string>()
  for (const { rules } of table.chains)
    for (const { statements } of rules)
      for (const statement of statements) if (statement.kind === 'update') written.add(statement.name)
  return written
}

export const openScope = (table: Table): Scope => ({
  table,
  sets: new Map(table.sets.map((set) => [set.name, set])),
  written: writtenIn(table),
  lowered: new Map(),
  known: { values: new Map(), ranges: new Map() },
})
