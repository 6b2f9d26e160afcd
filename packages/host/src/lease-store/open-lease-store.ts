import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { emptyLeases, type LeaseState, type LeaseStep, type LeaseStore } from '@portolan/core'
import { checkArgument, textValue } from '@portolan/netfilter/schema'
import { inBigints } from '../file/in-bigints.ts'
import { makeStateDirectory } from '../state/make-directory.ts'
import { checkFile } from './check-file.ts'
import { type Database, openDatabase } from './database.ts'
import {
  DamagedError,
  emptySnapshot,
  follow,
  formOf,
  type KeyValues,
  type Snapshot,
  writeChanges,
} from './lease-table.ts'
import { storeError } from './store-error.ts'
import { makeStoreFiles, refuseUnsafeStore } from './store-files.ts'
import { leaseStoreIdentity } from './store-identity.ts'
import type { Release } from './turn-lock.ts'
import { takeWriterTurn } from './writer-turn.ts'

/**
 * Opens the leases of this host: an LMDB file, `leases.mdb`, in the state directory. Any number of processes use the
 * file at once. A process that is killed at any instant leaves what was acknowledged and nothing half done. Opening
 * touches nothing: the first transaction makes the file.
 *
 * `read` and `transact` throw PortolanError `STATE` for a file that is damaged or not ours, which is left as it is, and
 * PermissionError where the user may not open it. As root they refuse a directory or file that others may write to.
 *
 * @param directory - `/var/lib/portolan` for root, as `defaultStateDirectory` gives it
 * @example
 * const store = openLeaseStore('/var/lib/portolan')
 * const { leases } = await store.read()
 * await store.close()
 * @public @since 0.1.0
 */
export const openLeaseStore = (directory: string): LeaseStore => {
  checkArgument(directory, textValue('the path of a folder'), 'the directory of the lease store')
  const file = join(resolve(directory), 'leases.mdb')
  let database: Database | null = null
  let isReadOnly = true
  /** The identity of the open file; null: none was opened yet. */
  let place: string | null = null
  let known: Snapshot | null = null
  // Work runs one after the other: an environment must not be opened twice in one process (lmdb.h, Caveats).
  let last: Promise<unknown> = Promise.resolve()
  const queue = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }

  const inTurn = async <Result>(
    work: () => Promise<Result>,
    take: (directory: string) => Promise<Release> = takeWriterTurn,
  ): Promise<Result> => {
    const release = await take(directory)
    try {
      return await work()
    } finally {
      void release()
    }
  }

  const open = async (readOnly: boolean): Promise<Database> => {
    if (database !== null && (readOnly || !isReadOnly)) return database
    await shut()
    // LMDB would give an environment that was opened for reading to the writer too, so such environments are closed
    // first.
    if (!readOnly) for (const reader of [...(readers.get(file) ?? [])]) await reader()
    refuseUnsafeStore(directory, file)
    makeStoreFiles(file, readOnly)
    if (sizeOf(file) > 0) await checkFile(file)
    database = await openDatabase(file, readOnly)
    isReadOnly = readOnly
    place = leaseStoreIdentity(directory)
    if (readOnly) readers.set(file, (readers.get(file) ?? new Set()).add(shut))
    return database
  }

  const shut = async (): Promise<void> => {
    readers.get(file)?.delete(shut)
    const closed = database
    database = null
    await closed?.close()
  }

  /** Closes a database whose file was removed or replaced. Anything written to it now would be lost. */
  const shutLost = async (): Promise<void> => {
    if (database === null || leaseStoreIdentity(directory) === place) return
    known = null
    await inTurn(shut, turnToRead)
  }

  const readNow = (table: KeyValues): Snapshot => {
    const form = formOf(table)
    if (typeof form === 'object')
      throw new DamagedError(`it is not a lease store of ours (found ${form.foreign})`)
    known = form === 'empty' ? emptySnapshot : follow(table, known)
    return known
  }

  const read = async (): Promise<LeaseState> => {
    try {
      await shutLost()
      if (database !== null) return database.read(readNow).leases
      refuseUnsafeStore(directory, file)
      if (sizeOf(file) === 0) return emptyLeases
      // The first read takes a slot in LMDB's table of readers, under a mutex of LMDB's own. So it waits for its turn.
      return await inTurn(async () => (await open(true)).read(readNow).leases, turnToRead)
    } catch (error) {
      throw storeError('read', file, error)
    }
  }

  const transact = async <Result>(operation: (state: LeaseState) => LeaseStep<Result>): Promise<Result> => {
    let refusal: unknown = null
    try {
      await shutLost()
      if (database === null || isReadOnly) makeStateDirectory(directory)
      const [snapshot, result] = await inTurn(async () =>
        (await open(false)).write((table, prepare): readonly [Snapshot, Result] => {
          const now = readNow(table)
          let step: LeaseStep<Result>
          try {
            step = operation(now.leases)
          } catch (error) {
            refusal = error
            throw error
          }
          const next =
            step.changes.length === 0 ? now : writeChanges(table, prepare, now, step.changes, step.state)
          return [next, step.result]
        }),
      )
      // The transaction is on the disk only now.
      known = snapshot
      return result
    } catch (error) {
      throw refusal === null ? storeError('written', file, error) : refusal
    }
  }

  return {
    read: () => queue(read),
    transact: (operation) => queue(() => transact(operation)),
    close: () =>
      queue(async () => {
        known = null
        if (database !== null) await inTurn(shut, turnToRead)
      }),
  }
}

/** The functions that close this process's stores opened for reading, by the path of their file. */
const readers = new Map<string, Set<() => Promise<void>>>()

/**
 * Takes a turn to read or close, or goes on without one where it cannot be taken: on a full disk, or as another user.
 */
const turnToRead = async (directory: string): Promise<Release> =>
  takeWriterTurn(directory).catch(() => async () => {})

/** The size in bytes; 0 when there is no such file. A process killed while it made the file leaves an empty one. */
const sizeOf = (file: string): number =>
  Number(statSync(file, { ...inBigints, throwIfNoEntry: false })?.size ?? 0)
