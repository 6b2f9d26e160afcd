import { setTimeout as delay } from 'node:timers/promises'
import { BlockStoreError, neighboursOf } from '@portolan/core'
import { writeNeighbours } from '@portolan/host'
import { followCluster } from '../cluster/follow-cluster.ts'
import { openCluster } from '../cluster/open-cluster.ts'
import { directoryOf } from './cluster/call.ts'
import type { CommandContext } from './command.ts'
import { memberOf, namedCluster } from './fresh-neighbours.ts'

/** How long a store that does not answer is left alone. */
const PAUSE_MS = 5_000

/**
 * Follows the cluster that is named, and remembers its other hosts, until it is stopped. Where etcd does not answer that
 * is said once, and what is remembered stays.
 *
 * @param changed - is called each time that other hosts, or their blocks, are others than before
 */
export const followNeighbours = async (
  context: CommandContext,
  signal: AbortSignal,
  changed: () => void,
): Promise<void> => {
  const url = namedCluster(context)
  if (url === null) return
  const { name, store } = await openCluster(url)
  try {
    const member = await memberOf(context, name, false)
    if (member === null) return
    let known: string | null = null
    let isLost = false
    while (!signal.aborted) {
      try {
        for await (const snapshot of followCluster(store, signal)) {
          isLost = false
          const neighbours = neighboursOf(snapshot, member)
          const news = JSON.stringify([neighbours.blocks, neighbours.others])
          if (news === known) continue
          // Another process may have written it already: what counts is what this one has told.
          await writeNeighbours(directoryOf(context), neighbours)
          if (known !== null) changed()
          known = news
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
