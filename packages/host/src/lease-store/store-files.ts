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
import { refuseUnsafeDirectory, refuseUnsafeFile } from '../state/safe-place.ts'
import { emptyStore, PAGE_SIZE } from './empty-store.ts'

/**
 * The files of a store. LMDB takes the disk to have room for what it writes: where it has none, it dies of SIGSEGV or
 * SIGBUS, or corrupts the memory of this process (measured, lmdb 3.5.6 on a full tmpfs), and may leave half a file. So
 * files are made whole, and room is made before a transaction, by writes whose failure is an error like any other.
 */

/** LMDB's own name for its lock file (lmdb.h, `MDB_NOSUBDIR`). */
const lockFile = (file: string): string => `${file}-lock`

/**
 * Bytes of a lock file: more than LMDB makes for its 126 readers (8272), so that none of its map is without a block on
 * disk. LMDB takes the number of readers from the size of the file (mdb.c `mdb_env_setup_locks`).
 */
const LOCK_SIZE = 3 * PAGE_SIZE

/**
 * Refuses a store that is reached through links, which LMDB would follow, and as root one that others may write to.
 * @throws PortolanError `STATE`
 */
export const refuseUnsafeStore = (directory: string, file: string): void => {
  refuseUnsafeDirectory(directory)
  for (const one of [file, lockFile(file)]) {
    const stats = lstatSync(one, { throwIfNoEntry: false })
    if (stats !== undefined) refuseUnsafeFile(`The lease store ${one}`, one, stats)
  }
}

/**
 * Only the owner may open it. A process that can read a file can hold a read lock of it (fcntl(2)), and with another's
 * read lock LMDB takes the file for one in use and fails (mdb.c `mdb_env_setup_locks`; measured: EINVAL). No other user
 * has a use for it: LMDB opens it for writing even to read.
 */
const LOCK_MODE = 0o600

/**
 * Makes the files that are missing or empty, as LMDB would, but with a mode that a umask of 002 leaves safe for root.
 * Takes the lock file of an earlier Portolan from the users that could read it.
 *
 * @param readOnly - only the lock file, as far as this user may
 * @throws what the file system says; then none is left half made
 */
export const makeStoreFiles = (file: string, readOnly: boolean): void => {
  try {
    if (isMissing(lockFile(file))) writeWhole(lockFile(file), Buffer.alloc(LOCK_SIZE), LOCK_MODE)
    else makePrivate(lockFile(file))
  } catch (error) {
    // LMDB reads without one where it cannot be made (lmdb.h, `MDB_RDONLY`).
    if (!readOnly || !['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error
  }
  if (!readOnly && isMissing(file)) writeWhole(file, emptyStore(), 0o644)
}

const isMissing = (file: string): boolean => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0

/** A file of another user is left as it is: that user is root, or `refuseUnsafeStore` has refused the file. */
const makePrivate = (file: string): void => {
  const { uid, mode } = statSync(file)
  if ((mode & 0o077) !== 0 && uid === process.geteuid?.()) chmodSync(file, LOCK_MODE)
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
 * Makes the file so long that a transaction finds room in it for all its pages.
 *
 * @param pages - those that were ever in use, and the new ones
 * @returns bytes that the file has at the least from now on: no process makes it shorter than another has seen it
 * @throws what the file system says, as ENOSPC; the file is then as long as before
 */
export const makeRoom = (file: string, pages: number): number => {
  const { size } = statSync(file)
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

/** Pages that a file grows by at the least: a file grown by one page at a time would be in pieces. */
const CHUNK = 16

/** A disk that is full takes the first part of what it is given, without an error (write(2)). */
const writeAll = (handle: number, bytes: Uint8Array, at: number): void => {
  for (let done = 0; done < bytes.length; )
    done += writeSync(handle, bytes, done, bytes.length - done, at + done)
  // A file system that allocates late, such as NFS, says only now that there is no room.
  fdatasyncSync(handle)
}
