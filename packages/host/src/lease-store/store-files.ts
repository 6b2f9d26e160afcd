import {
  chmodSync,
  closeSync,
  constants,
  fdatasyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { errorCode } from '@portolan/netfilter/schema'
import { inBigints } from '../file/in-bigints.ts'
import { refuseUnsafeDirectory, refuseUnsafeFile } from '../state/safe-place.ts'
import { emptyStore, PAGE_SIZE } from './empty-store.ts'

/**
 * Makes and extends the files of a store. LMDB expects the disk to have room for its writes. Without room it dies of
 * SIGSEGV or SIGBUS, or corrupts the memory of this process (measured, lmdb 3.5.6 on a full tmpfs), and may leave half
 * a file. So files are made whole, and room is made before a transaction, by writes whose failure is an ordinary error.
 */

/** The path of LMDB's lock file, a name that LMDB chooses (lmdb.h, `MDB_NOSUBDIR`). */
const lockFile = (file: string): string => `${file}-lock`

/**
 * The size of a lock file in bytes. It is more than LMDB uses for its 126 readers (8272), so that each part of LMDB's
 * map has a block on the disk. LMDB takes the number of readers from the size of the file (mdb.c
 * `mdb_env_setup_locks`).
 */
const LOCK_SIZE = 3 * PAGE_SIZE

/**
 * Refuses a store behind a link, which LMDB would follow. As root it also refuses a store that others may write to.
 * @throws PortolanError `STATE`
 */
export const refuseUnsafeStore = (directory: string, file: string): void => {
  refuseUnsafeDirectory(directory)
  for (const one of [file, lockFile(file)]) {
    const stats = lstatSync(one, { ...inBigints, throwIfNoEntry: false })
    if (stats !== undefined) refuseUnsafeFile(`The lease store ${one}`, one, stats)
  }
}

/**
 * The mode of the lock file: only the owner may open it. A process that can read a file can hold a read lock on it
 * (fcntl(2)). With another process's read lock LMDB takes the file for one in use and fails (mdb.c
 * `mdb_env_setup_locks`; measured: EINVAL). No other user needs to read it: LMDB opens it for writing even to read.
 */
const LOCK_MODE = 0o600

/**
 * Makes the files that are missing or empty, as LMDB would, but with a mode that is safe for root even with a umask of
 * 002. The lock file of an earlier Portolan, which other users could read, becomes private.
 *
 * @param readOnly - true: only the lock file is made, and only if this user may
 * @throws what the file system says; no file is left half made then
 */
export const makeStoreFiles = (file: string, readOnly: boolean): void => {
  try {
    if (isMissing(lockFile(file))) writeWhole(lockFile(file), Buffer.alloc(LOCK_SIZE), LOCK_MODE)
    else makePrivate(lockFile(file))
  } catch (error) {
    // LMDB reads without a lock file where none can be made (lmdb.h, `MDB_RDONLY`).
    if (!readOnly || !['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error))) throw error
  }
  if (!readOnly && isMissing(file)) writeWhole(file, emptyStore(), 0o644)
}

const isMissing = (file: string): boolean =>
  (statSync(file, { ...inBigints, throwIfNoEntry: false })?.size ?? 0n) === 0n

/**
 * Takes other users' rights to a file of this user. A file of another user stays as it is: that user is root, or
 * `refuseUnsafeStore` has refused the file.
 */
const makePrivate = (file: string): void => {
  const { uid, mode } = statSync(file, inBigints)
  if ((mode & 0o077n) !== 0n && Number(uid) === process.geteuid?.()) chmodSync(file, LOCK_MODE)
}

const writeWhole = (file: string, bytes: Uint8Array, mode: number): void => {
  const temporary = `${file}.tmp`
  rmSync(temporary, { force: true })
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  const handle = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
  try {
    writeAll(handle, bytes, 0)
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  } finally {
    closeSync(handle)
  }
}

/**
 * Extends the file so that a transaction has room for all its pages.
 *
 * @param pages - the number of pages ever in use, plus the new ones
 * @returns the size in bytes that the file keeps at least: no process makes it shorter than another has seen it
 * @throws what the file system says, as ENOSPC; the file then has its former length
 */
export const makeRoom = (file: string, pages: number): number => {
  const size = Number(statSync(file, inBigints).size)
  if (size >= pages * PAGE_SIZE) return size
  const wanted = Math.ceil(pages / CHUNK) * CHUNK * PAGE_SIZE
  const handle = openSync(file, constants.O_WRONLY | constants.O_NOFOLLOW)
  try {
    writeAll(handle, Buffer.alloc(wanted - size), size)
    return wanted
  } catch (error) {
    ftruncateSync(handle, size)
    throw error
  } finally {
    closeSync(handle)
  }
}

/** The least number of pages that a file grows by. Growing by single pages would fragment the file. */
const CHUNK = 16

/** Writes all bytes, in several calls if needed: a full disk takes the first part without an error (write(2)). */
const writeAll = (handle: number, bytes: Uint8Array, at: number): void => {
  for (let done = 0; done < bytes.length; )
    done += writeSync(handle, bytes, done, bytes.length - done, at + done)
  // A file system that allocates late, such as NFS, reports only at the sync that there is no room.
  fdatasyncSync(handle)
}
