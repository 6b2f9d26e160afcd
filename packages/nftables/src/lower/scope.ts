import type { ElementTable } from '@portolan/netfilter'
import type { NamedSet, Table } from '../model/index.ts'

/** The table that a rule stands in: its named sets, each lowered once and shared. */
export interface Scope {
  readonly table: Table
  readonly sets: ReadonlyMap<string, NamedSet>
  /** Sets that packets write into. */
  readonly written: ReadonlySet<string>
  readonly lowered: Map<string, ElementTable>
}

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
})
