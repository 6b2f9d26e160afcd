import { join } from 'node:path'
import { type FileLock, takeFileLock } from './file-lock.ts'
import type { LockHolder } from './lock-holder.ts'
import { watchFolder } from './watch-locks.ts'

/**
 * The result of `holdMember`: this process holds the host's membership of a cluster, or another process does.
 * @public @since 0.1.0
 */
export type MemberHold =
  | { readonly kind: 'held'; readonly end: () => void }
  /** `by` is null where the process is unknown: it is of another user, or in another PID namespace. */
  | { readonly kind: 'busy'; readonly by: LockHolder | null }

/** How long to wait for a lock: longer than a process holds it that only looks, or that gives blocks back. */
const LOOK_MS = 1000

/**
 * Holds the host's membership of a cluster, for a process that keeps its blocks or gives them back. Of two such
 * processes at once, one would undo the work of the other. Two files are locked. Containers with a /run of their own
 * may share the one in the state directory. The one beside the host's lock still exists when the state directory is
 * lost. The kernel frees the locks of a process that is killed.
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
