import { type Release, takeTurn } from './turn-lock.ts'

/**
 * The longest wait. A hundred processes that start at once on a busy machine all get their turn within some seconds.
 */
const LONGEST_MS = 60_000

/**
 * Waits until no other process opens, writes or closes the store of a directory.
 *
 * LMDB's own locks do not suffice. The last process that closes removes the mutexes (mdb.c `mdb_env_close_active`)
 * while the next one waits to open with them. Six processes that opened, wrote and closed 200 times each, without
 * turns, lost leases, damaged the file and died of SIGSEGV (lmdb 3.5.6).
 *
 * Writers that wait for LMDB's mutex may also sleep forever. The owner wakes one of them. If that process is killed
 * before it has the mutex, and another process took the mutex meanwhile, the FUTEX_WAITERS bit is lost. Then no process
 * wakes the next one (nptl/pthread_mutex_lock.c of glibc 2.41; kernel/futex/core.c `handle_futex_death` helps only
 * while the mutex is free; measured: once in 1200 kills of processes that contend). With turns at most one process
 * waits, so none is forgotten.
 *
 * @param directory - the directory of the store; it exists
 * @throws what the file system says, and an error where another process keeps its turn
 */
export const takeWriterTurn = async (directory: string, longestMs: number = LONGEST_MS): Promise<Release> => {
  const release = await takeTurn(directory, longestMs)
  if (release !== null) return release
  throw new Error(
    `another process has used it for ${longestMs / 1000} s, which takes milliseconds: it may be suspended. Find it with "fuser ${directory}/leases.mdb", resume or end it, and run this again`,
  )
}
