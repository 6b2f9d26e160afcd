export { readSqliteFile } from './read-sqlite-file.ts'
export { readSqliteTable } from './read-sqlite-table.ts'
export type { SqliteValue } from './record.ts'
export { SqliteFault } from './sqlite-fault.ts'
