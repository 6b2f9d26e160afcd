import { join } from 'node:path'
import { takeFileLock } from './file-lock.ts'
import type { LockHolder } from './lock-holder.ts'

/**
 * Whether this process holds what a host is in a cluster, or another one does.
 * @public @since 0.1.0
 */
export type MemberHold =
  | { readonly kind: 'held'; readonly end: () => void }
  /** `by` is null where the process cannot be told: it is of another user, or in another PID namespace. */
  | { readonly kind: 'busy'; readonly by: LockHolder | null }

/** Longer than a process has it that only looks, or that gives blocks back. */
const LOOK_MS = 1000

/**
 * Holds what a host is in a cluster, for a process that keeps its blocks or gives them back: of two at once, one would
 * undo what the other does. A file in the state directory is locked, in every network namespace alike. The kernel frees
 * the lock of a process that is killed.
 *
 * @throws PortolanError `LOCK`, PermissionError, MissingToolError
 * @example
 * const hold = await holdMember('/var/lib/portolan')
 * if (hold.kind === 'held') hold.end()
 * @public @since 0.1.0
 */
export const holdMember = async (stateDirectory: string): Promise<MemberHold> => {
  let by: LockHolder | null = null
  const lock = await takeFileLock(join(stateDirectory, 'cluster.lock'), LOOK_MS, (holder) => {
    by = holder
  })
  return lock === null ? { kind: 'busy', by } : { kind: 'held', end: lock.release }
}
