import { join } from 'node:path'
import { type FileLock, takeFileLock } from './file-lock.ts'
import type { LockHolder } from './lock-holder.ts'
import { watchFolder } from './watch-locks.ts'

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
 * undo what the other does. Two files are locked: one in the state directory, which containers with a /run of their own may
 * share, and one beside the lock of the host, which is there still where the state directory is lost under the process. The
 * kernel frees the locks of a process that is killed.
 *
 * @throws PortolanError `LOCK`, PermissionError, MissingToolError
 * @example
 * const hold = await holdMember('/var/lib/portolan')
 * if (hold.kind === 'held') hold.end()
 * @public @since 0.1.0
 */
export const holdMember = async (stateDirectory: string): Promise<MemberHold> => {
  const held: FileLock[] = []
  const end = (): void => {
    for (const { release } of held) release()
  }
  try {
    for (const folder of [watchFolder(stateDirectory), stateDirectory]) {
      let by: LockHolder | null = null
      const lock = await takeFileLock(join(folder, 'cluster.lock'), LOOK_MS, (holder) => {
        by = holder
      })
      if (lock === null) {
        end()
        return { kind: 'busy', by }
      }
      held.push(lock)
    }
  } catch (error) {
    end()
    throw error
  }
  return { kind: 'held', end }
}
