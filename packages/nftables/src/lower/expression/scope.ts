import type { ElementTable, ValueRange, ValueSet } from '@portolan/netfilter'
import type { NamedSet, Table } from '../../model/index.ts'
import type { ValueType } from './value.ts'

/** The table of a rule, with its named sets. Each set is lowered once and shared. */
export interface Scope {
  readonly table: Table
  readonly sets: ReadonlyMap<string, NamedSet>
  /** The names of the sets that rules write to. */
  readonly written: ReadonlySet<string>
  readonly lowered: Map<string, ElementTable>
  /** The constants in keys and in data, each read once. Thousands of elements name the same protocols and ports. */
  readonly known: { readonly values: Constants<ValueSet>; readonly ranges: Constants<ValueRange> }
}

/** The values of constants, by type. Null: the constant is not understood. */
type Constants<Value> = Map<ValueType, Map<string | number, Value | null>>

/**
 * The sets that rules write to. Old kernels and old listings have no flag `dynamic`, so the rules are searched instead.
 */
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
