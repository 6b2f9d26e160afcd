import type { Ruleset, Table } from '../model/index.ts'

/** Our one table. Its family sees both IPv4 and IPv6. */
export const tableFamily = 'inet'
export const tableName = 'portolan'

/** Our table in a ruleset; null when it is absent. */
export const ownTable = (ruleset: Ruleset): Table | null =>
  ruleset.tables.find((table) => table.family === tableFamily && table.name === tableName) ?? null

/** A ruleset reduced to our table. */
export const ours = (ruleset: Ruleset): Ruleset => {
  const own = ownTable(ruleset)
  return { tables: own === null ? [] : [own], opaque: [] }
}
