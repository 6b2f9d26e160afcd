import { PortolanError } from '@portolan/netfilter'
import type { RootDatabase } from 'lmdb'
import { MAP_SIZE, PAGE_SIZE } from './empty-store.ts'
import { fileSizeLimit } from './file-size-limit.ts'
import type { KeyValues } from './lease-table.ts'
import { whyNot } from './store-error.ts'
import { makeRoom } from './store-files.ts'

/**
 * Makes room on the disk before a transaction writes. It is told the number of entries, with removals, and their bytes.
 * @throws what the file system says when there is no room
 */
export type Prepare = (entries: number, bytes: number) => void

/** An open LMDB environment with one table of texts. */
export interface Database {
  /** Reads a consistent snapshot, whatever other processes write meanwhile. */
  read<Result>(work: (table: KeyValues) => Result): Result
  /** Writes with no other writer in any process. On return the changes are on the disk; if it throws, none is. */
  write<Result>(work: (table: KeyValues, prepare: Prepare) => Result): Result
  close(): Promise<void>
}

/**
 * Opens an LMDB file that `makeStoreFiles` made. LMDB is loaded only here, because most commands need no lease.
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
    // LMDB's cache is not worth it: every process has its own copy of the leases, so a key is rarely read twice.
    cache: false,
  })
  // The last known size of the file in bytes. Asking the file system would take a third of a transaction.
  let length = 0
  const limit = readOnly ? 0 : fileSizeLimit()
  const prepare: Prepare = (count, bytes) => {
    const used = lastPage(database) + 1
    const pages = used + mostPages(used, count, bytes)
    if (pages * PAGE_SIZE > limit) throw Object.assign(new Error('above the limit'), { code: 'EFBIG' })
    if (pages * PAGE_SIZE > length) length = makeRoom(file, pages)
  }
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
    write: (work) => {
      const earlier = failed.get(file)
      if (earlier !== undefined) throw earlier
      let isWorking = true
      try {
        return database.transactionSync(() => {
          const result = work(
            {
              get: (key) => database.get(Buffer.from(key)),
              put: (key, value) => void database.putSync(Buffer.from(key), value),
              remove: (key) => void database.removeSync(Buffer.from(key)),
              range: (from, to) => entries(database.getRange(bounds(from, to))),
            },
            prepare,
          )
          isWorking = false
          return result
        })
      } catch (error) {
        if (!isWorking) failed.set(file, failedBefore(file, error))
        throw error
      }
    },
    close: async () => (failed.has(file) ? undefined : database.close()),
  }
}

/**
 * The files for which LMDB could not write a transaction to the disk. It frees memory twice then (lmdb 3.5.6, found with
 * RLIMIT_FSIZE and with EIO), and a later transaction ends the process. So this process writes no other one.
 */
const failed = new Map<string, PortolanError>()

const failedBefore = (file: string, error: unknown): PortolanError =>
  new PortolanError(
    'STATE',
    {
      problem: `The lease store ${file} could not be written: an earlier write failed: ${whyNot('written', error)}. What was leased before is still there.`,
      remedy: () => 'Mend the cause of that, and start this program again.',
    },
    { cause: error },
  )

/** The number of the last page that was ever in use. */
const lastPage = (database: RootDatabase<string, Buffer>): number =>
  (database.getStats() as { readonly lastPageNumber: number }).lastPageNumber

/**
 * An upper bound for the pages that a transaction writes, if no free page can be reused. Each changed page is written
 * anew elsewhere: at most a leaf for each entry, with the branches above. A full page becomes two pages, each at least
 * half full. The list of the freed pages takes a number for each.
 */
const mostPages = (used: number, entries: number, bytes: number): number => {
  const changed = Math.min(entries, used)
  const added = Math.ceil((2 * bytes) / 4000)
  const leaves = changed + added
  return leaves + Math.ceil(leaves / 4) + Math.ceil((8 * leaves) / 4000) + FIXED
}

/** Pages for the branches of a small tree, the list of free pages, and the list of changed keys. */
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
