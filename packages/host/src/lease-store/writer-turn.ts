import { type Release, takeTurn } from './turn-lock.ts'

/** A hundred processes that start at once on a busy machine have their turns in some seconds. */
const LONGEST_MS = 60_000

/**
 * Waits until no other process opens the store in a directory, writes to it or closes it.
 *
 * LMDB's own locks do not stand that. The last process that closes takes the mutexes away (mdb.c `mdb_env_close_active`)
 * while the next one waits to open with them. Six processes that opened, wrote and closed 200 times each, in no turn, lost
 * leases, damaged the file and died of SIGSEGV (lmdb 3.5.6). And writers that wait for LMDB's mutex may sleep forever: a
 * process that the owner wakes, and that is killed before it has the mutex, takes the FUTEX_WAITERS bit along if the
 * mutex was taken anew meanwhile, so that no process wakes the next (nptl/pthread_mutex_lock.c of glibc 2.41;
 * kernel/futex/core.c `handle_futex_death` helps only while the mutex is free; measured: once in 1200 kills of processes
 * that contend). Where at most one waits, there is no next.
 *
 * @param directory - of the store; it exists
 * @throws what the file system says, and an error where another process keeps its turn
 */
export const takeWriterTurn = async (directory: string, longestMs: number = LONGEST_MS): Promise<Release> => {
  const release = await takeTurn(directory, longestMs)
  if (release !== null) return release
  throw new Error(
    `another process has been at work with it for ${longestMs / 1000} s, which takes milliseconds; it may be stopped. Find it with "fuser ${directory}/leases.mdb", let it go on or end it, and run this again`,
  )
}
