import type { ClusterNeighbours } from '@portolan/core'
import type { LostBlockUse } from '@portolan/core/planning'
import { readMemberSince } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { type BlockWitnesses, useOfBlocks } from './use-of-blocks.ts'

/** Blocks that this host had in its cluster, and what could not be read of them: sentences. */
export interface LostUse {
  readonly lost: readonly LostBlockUse[]
  readonly unread: readonly string[]
}

/**
 * What this host remembers to have lost, or saw of its cluster since. The cluster is not asked, and none has to be named.
 *
 * @param seen - the other hosts, where they are known; else those that are remembered
 */
export const readLostUse = async (
  directory: string,
  witnesses: BlockWitnesses,
  seen?: ClusterNeighbours | null,
): Promise<LostUse> => {
  try {
    const { lost: all = [] } = (await readMemberSince(directory, seen))?.held ?? {}
    // Those of another cluster are told of the networks in them alone: nothing of this host's part in its own comes of them.
    const lost = all.filter(({ cluster }) => cluster === undefined)
    const uses = useOfBlocks(
      lost.map(({ block }) => block),
      witnesses,
    )
    return {
      lost: lost.map(({ block, takenBy }, at) => ({ block, takenBy, networks: uses[at]?.networks ?? [] })),
      unread: [],
    }
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
    return {
      lost: [],
      unread: [
        `The blocks of this host could not be read, so those that another host of the cluster has are not told: ${error.message}`,
      ],
    }
  }
}
