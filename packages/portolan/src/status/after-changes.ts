import { mayChangeNetwork, type QuietTime, waitForHostLock, withHostLock } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'

/**
 * The longest wait for another process's change, in milliseconds. After that, a status shows the host in the middle of
 * the change.
 */
const LOCK_MS = 5_000

/**
 * Waits until the changes that other Portolan processes are making are done. The wait does not hold up later changes. A
 * process that may not change the host cannot wait for that.
 *
 * @returns null: it is not known when the changes are done
 */
export const afterChanges = async (): Promise<QuietTime | null> => {
  if (!mayChangeNetwork()) return null
  try {
    return await waitForHostLock({ timeoutMs: LOCK_MS })
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}

/**
 * Reads while no other Portolan process changes the host. Other processes wait with their changes meanwhile.
 *
 * @returns null: the lock could not be had, and nothing was read
 */
export const betweenChanges = async <Result>(read: () => Promise<Result>): Promise<Result | null> => {
  let isLocked = false
  try {
    return await withHostLock(
      () => {
        isLocked = true
        return read()
      },
      { timeoutMs: LOCK_MS },
    )
  } catch (error) {
    if (isLocked || !(error instanceof PortolanError)) throw error
    return null
  }
}
