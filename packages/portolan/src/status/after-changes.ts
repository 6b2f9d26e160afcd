import { mayChangeNetwork, type QuietTime, waitForHostLock, withHostLock } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'

/** How long a change may go on before a status tells what is there meanwhile. */
const LOCK_MS = 5_000

/**
 * Waits until the changes are done that other work of ours is at. Nothing is held up by what is read then. A process that
 * may not change the host itself cannot wait for that.
 *
 * @returns null: it is not known when they are done
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
 * Reads while no other work of ours changes the host: that waits meanwhile.
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
