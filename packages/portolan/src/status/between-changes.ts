import { mayChangeNetwork, withHostLock } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'

/** How long a change may go on before a status tells what is there meanwhile. */
const LOCK_MS = 5_000

/**
 * Reads while no other process of ours changes the host. One that may not change it itself cannot wait for that.
 *
 * @returns null: the lock could not be had, and nothing was read
 */
export const betweenChanges = async <Result>(read: () => Promise<Result>): Promise<Result | null> => {
  if (!mayChangeNetwork()) return null
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
