import { existsSync } from 'node:fs'
import { readBytes } from '../file/read-bytes.ts'
import { readSqliteTable } from './read-sqlite-table.ts'
import type { SqliteValue } from './record.ts'
import { SqliteFault } from './sqlite-fault.ts'

/** The most attempts to read a file that another program is writing. */
const ATTEMPTS = 4

/** The counter of transactions, in the header of the file. */
const counterOf = (bytes: Buffer): string => bytes.subarray(24, 28).toString('hex')

/**
 * Reads a table of an SQLite database that another program may be writing. During a write there is a journal beside the
 * file, or a write-ahead log with data that is not in the file yet.
 *
 * @throws SqliteFault for what is no such database, is damaged, or is being written; the errors of `readBytes`
 */
export const readSqliteFile = (
  file: string,
  table: string,
  mostBytes: number,
): readonly (readonly SqliteValue[])[] | null => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const isAtRest = (): boolean => !existsSync(`${file}-journal`) && !existsSync(`${file}-wal`)
    const before = isAtRest()
    const bytes = readBytes(file, { mostBytes })
    if (before && isAtRest() && counterOf(readBytes(file, { mostBytes })) === counterOf(bytes))
      return readSqliteTable(bytes, table)
  }
  throw new SqliteFault('another program writes it')
}
