import type { Ruleset, Table } from '../model/index.ts'

/** The one table that is ours, in one family that sees IPv4 and IPv6 both. */
export const tableFamily = 'inet'
export const tableName = 'portolan'

/** Our table in a ruleset; null when it is not there. */
export const ownTable = (ruleset: Ruleset): Table | null =>
  ruleset.tables.find((table) => table.family === tableFamily && table.name === tableName) ?? null

/** What of a ruleset is ours. */
export const ours = (ruleset: Ruleset): Ruleset => {
  const own = ownTable(ruleset)
  return { tables: own === null ? [] : [own], opaque: [] }
}
