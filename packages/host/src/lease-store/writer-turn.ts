import { type Release, takeTurn } from './turn-lock.ts'

/** A writer that waits longer than this goes on alone: LMDB's own mutex keeps two writers apart. */
const LONGEST_MS = 5000

const nothing: Release = async () => {}

/**
 * Waits until no other process writes to the store in a directory, before LMDB is asked to.
 *
 * LMDB has a mutex for that (`mti_wmutex`), and it survives the death of its owner. But the writers that wait for it may
 * sleep forever: a process that the owner wakes, and that is killed before it has the mutex, takes the FUTEX_WAITERS
 * bit along if the mutex was taken anew meanwhile, so that no process wakes the next (nptl/pthread_mutex_lock.c of glibc
 * 2.41; kernel/futex/core.c `handle_futex_death` helps only while the mutex is free; measured: once in 1200 kills of
 * processes that contend). Where at most one waits, there is no next.
 *
 * @param directory - of the store; it exists
 */
export const takeWriterTurn = async (directory: string): Promise<Release> => {
  try {
    return (await takeTurn(directory, LONGEST_MS)) ?? nothing
  } catch {
    // No such directory yet, or one this user may only read: what is wrong is told by what comes next.
    return nothing
  }
}
