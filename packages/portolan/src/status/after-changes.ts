import { mayChangeNetwork, waitForHostLock } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'

/** How long a change may go on before a status tells what is there meanwhile. */
const LOCK_MS = 5_000

/**
 * Waits until the changes are done that other work of ours is at. Nothing is held up by what is read then. A process that
 * may not change the host itself cannot wait for that.
 *
 * @returns false: it is not known when they are done
 */
export const afterChanges = async (): Promise<boolean> => {
  if (!mayChangeNetwork()) return false
  try {
    return await waitForHostLock({ timeoutMs: LOCK_MS })
  } catch (error) {
    if (error instanceof PortolanError) return false
    throw error
  }
}
