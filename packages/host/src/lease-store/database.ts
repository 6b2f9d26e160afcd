import type { RootDatabase } from 'lmdb'
import { MAP_SIZE, PAGE_SIZE } from './empty-store.ts'
import type { KeyValues } from './lease-table.ts'
import { makeRoom } from './store-files.ts'

/**
 * Makes room on the disk for what will be put, before anything is: entries, removals among them, and their bytes.
 * @throws what the file system says when there is none
 */
export type Prepare = (entries: number, bytes: number) => void

/** An open LMDB environment with one table of texts. */
export interface Database {
  /** Reads one moment of it, whatever others write meanwhile. */
  read<Result>(work: (table: KeyValues) => Result): Result
  /** Alone with it among all processes; what was written is on the disk on return, or not at all if it throws. */
  write<Result>(work: (table: KeyValues, prepare: Prepare) => Result): Result
  close(): Promise<void>
}

/**
 * Opens an LMDB file that `makeStoreFiles` made. LMDB is loaded now and not before: most commands need no lease.
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
    // Without this a transaction counts as done before it is on the disk.
    overlappingSync: false,
    // More keys than this at once is not worth a cache: every process has its own copy of the leases.
    cache: false,
  })
  // The size as last known: asking the file system would take a third of a transaction.
  let length = 0
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
        work(
          {
            get: (key) => database.get(Buffer.from(key)),
            put: (key, value) => void database.putSync(Buffer.from(key), value),
            remove: (key) => void database.removeSync(Buffer.from(key)),
            range: (from, to) => entries(database.getRange(bounds(from, to))),
          },
          (count, bytes) => {
            const used = lastPage(database) + 1
            const pages = used + mostPages(used, count, bytes)
            if (pages * PAGE_SIZE > length) length = makeRoom(file, pages)
          },
        ),
      ),
    close: () => database.close(),
  }
}

/** The number of the last page that was ever in use. */
const lastPage = (database: RootDatabase<string, Buffer>): number =>
  (database.getStats() as { readonly lastPageNumber: number }).lastPageNumber

/**
 * More pages than a transaction can come to write, none of them a free one. Every page that it changes is written anew
 * elsewhere: at most a leaf for each entry, with the branches above. A page that is full becomes two, each half full
 * at least. The list of the pages that become free takes a number for each.
 */
const mostPages = (used: number, entries: number, bytes: number): number => {
  const changed = Math.min(entries, used)
  const added = Math.ceil((2 * bytes) / 4000)
  const leaves = changed + added
  return leaves + Math.ceil(leaves / 4) + Math.ceil((8 * leaves) / 4000) + FIXED
}

/** The branches of a small tree, the pages of the list of free pages, and the list of changed keys. */
const FIXED = 24

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
