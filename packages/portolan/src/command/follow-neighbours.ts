import { setTimeout as delay } from 'node:timers/promises'
import { BlockStoreError, neighboursOf } from '@portolan/core'
import { writeNeighbours } from '@portolan/host'
import { followCluster } from '../cluster/follow-cluster.ts'
import { openCluster } from '../cluster/open-cluster.ts'
import { directoryOf } from './cluster/call.ts'
import type { CommandContext } from './command.ts'
import { joinedMember, namedCluster } from './fresh-neighbours.ts'

/** How long a store that does not answer is left alone. */
const PAUSE_MS = 5_000

/**
 * Follows the cluster that is named, and remembers its other hosts, until it is stopped. Where etcd does not answer that
 * is said once, and what is remembered stays.
 */
export const followNeighbours = async (context: CommandContext, signal: AbortSignal): Promise<void> => {
  const url = namedCluster(context)
  if (url === null) return
  const { name, store } = await openCluster(url)
  const directory = directoryOf(context)
  try {
    if ((await joinedMember(directory, name)) === null) return
    let isLost = false
    while (!signal.aborted) {
      try {
        for await (const snapshot of followCluster(store, signal)) {
          isLost = false
          // It is another one after `join --takeover`, and none once the directory was lost: what is known stays then.
          const member = await joinedMember(directory, name)
          // Written where it is something new, by this process or another one.
          if (member !== null) await writeNeighbours(directory, neighboursOf(snapshot, member))
        }
      } catch (error) {
        if (!(error instanceof BlockStoreError) || error.code !== 'CLUSTER_UNREACHABLE') throw error
        if (!isLost)
          context.terminal.say(`portolan: ${error.message} Routes to other hosts stay as they are.`)
        isLost = true
        await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  } finally {
    await store.close()
  }
}
