import type { RootDatabase } from 'lmdb'
import type { KeyValues } from './lease-table.ts'

/** An open LMDB environment with one table of texts. */
export interface Database {
  /** Reads one moment of it, whatever others write meanwhile. */
  read<Result>(work: (table: KeyValues) => Result): Result
  /** Alone with it among all processes; what was written is on the disk on return, or not at all if it throws. */
  write<Result>(work: (table: KeyValues) => Result): Result
  close(): Promise<void>
}

/**
 * How far the file may grow: addresses that are set aside, not memory or disk. Every process has to name the same
 * size, or one would have to map anew what another wrote (lmdb.h, `mdb_env_set_mapsize`).
 */
const MAP_SIZE = 2 ** 30

/**
 * Opens or makes an LMDB file, in a directory that exists. LMDB is loaded now and not before: most commands need no lease.
 *
 * @throws whatever LMDB or the file system says
 */
export const openDatabase = async (file: string, readOnly: boolean): Promise<Database> => {
  const { open } = await import('lmdb')
  const database: RootDatabase<string, Buffer> = open({
    path: file,
    noSubdir: true,
    readOnly,
    keyEncoding: 'binary',
    encoding: 'string',
    mapSize: MAP_SIZE,
    // Else a transaction counts as done before it is on the disk.
    overlappingSync: false,
    // More keys than this at once is not worth a cache: every process has its own copy of the leases.
    cache: false,
  })
  return {
    read: (work) => {
      database.resetReadTxn()
      const transaction = database.useReadTransaction()
      try {
        return work({
          get: (key) => database.get(Buffer.from(key), { transaction }),
          put: refuse,
          remove: refuse,
          range: (from, to) => entries(database.getRange({ ...bounds(from, to), transaction })),
        })
      } finally {
        transaction.done()
      }
    },
    write: (work) =>
      database.transactionSync(() =>
        work({
          get: (key) => database.get(Buffer.from(key)),
          put: (key, value) => void database.putSync(Buffer.from(key), value),
          remove: (key) => void database.removeSync(Buffer.from(key)),
          range: (from, to) => entries(database.getRange(bounds(from, to))),
        }),
      ),
    close: () => database.close(),
  }
}

const bounds = (from: string, to: string): { readonly start: Buffer; readonly end: Buffer } => ({
  start: Buffer.from(from),
  end: Buffer.from(to),
})

function* entries(
  range: Iterable<{ readonly key: Buffer; readonly value: string }>,
): Generator<readonly [string, string]> {
  for (const { key, value } of range) yield [key.toString(), value]
}

const refuse = (): never => {
  throw new Error('the store was opened for reading only')
}
