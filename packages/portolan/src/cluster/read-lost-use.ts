import type { ClusterNeighbours } from '@portolan/core'
import type { LostBlockUse } from '@portolan/core/planning'
import { readMemberSince } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'
import { type BlockWitnesses, useOfBlocks } from './use-of-blocks.ts'

/** The blocks that this host had in its cluster, and sentences about what could not be read. */
export interface LostUse {
  readonly lost: readonly LostBlockUse[]
  readonly unread: readonly string[]
}

/**
 * Reads the blocks that this host has lost, as it remembers or saw later. It does not ask the cluster, and no cluster
 * has to be named.
 *
 * @param seen - the other hosts; absent: those that the state directory remembers
 */
export const readLostUse = async (
  directory: string,
  witnesses: BlockWitnesses,
  seen?: ClusterNeighbours | null,
): Promise<LostUse> => {
  try {
    const { lost: all = [] } = (await readMemberSince(directory, seen))?.held ?? {}
    // Lost blocks of an earlier cluster are left out. They do not concern this host's part in its current cluster, and
    // are reported only for the networks in them.
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
