import { type ClusterNeighbours, heldSince, type OwnedNetwork } from '@portolan/core'
import { findLostBlock } from '@portolan/core/planning'
import { readMember, readNeighbours } from '@portolan/host'
import { families, PortolanError } from '@portolan/netfilter'
import type { ProjectConflict } from './status.ts'

/** Finds networks in blocks that this host had in a cluster. */
export interface LostBlocks {
  /** None is remembered. */
  readonly isNone: boolean
  readonly find: (networks: readonly OwnedNetwork[]) => readonly ProjectConflict[]
  readonly unread: readonly string[]
}

export const noLostBlocks: LostBlocks = { isNone: true, find: () => [], unread: [] }

/**
 * What this host remembers to have lost, or saw of its cluster since. The cluster is not asked.
 * @param isLive - does a program hold the project?
 */
export const readLostBlocks = async (
  stateDirectory: string,
  isLive: (project: string) => boolean,
): Promise<LostBlocks> => {
  try {
    const member = await readMember(stateDirectory)
    if (member === null) return noLostBlocks
    const { lost } = heldSince(member, await seenLast(stateDirectory))
    if (lost.length === 0) return noLostBlocks
    const blocks = { cluster: member.cluster, pools: null, blocks: [], lost, join: '' }
    const find: LostBlocks['find'] = (networks) =>
      networks.flatMap(({ project, network }) =>
        families.flatMap((family): readonly ProjectConflict[] => {
          const subnet = network[family]?.subnet
          if (network.external || subnet === undefined) return []
          const conflict = findLostBlock({ network: network.name, subnet }, blocks, isLive(project))
          return conflict === null ? [] : [{ ...conflict, project }]
        }),
      )
    return { isNone: false, find, unread: [] }
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
    const what = 'networks in blocks that another host of the cluster has are not told'
    const sentence = `The blocks of this host could not be read, so ${what}: ${error.message}`
    return { ...noLostBlocks, unread: [sentence] }
  }
}

/** What reads the other hosts for routes says where they are damaged. */
const seenLast = async (stateDirectory: string): Promise<ClusterNeighbours | null> => {
  try {
    return await readNeighbours(stateDirectory)
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
