import type { OwnedNetwork } from '@portolan/core'
import { findLostBlock } from '@portolan/core/planning'
import { readMemberSince } from '@portolan/host'
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
    const known = await readMemberSince(stateDirectory)
    if (known === null || known.held.lost.length === 0) return noLostBlocks
    const { lost } = known.held
    const blocks = { cluster: known.member.cluster, pools: null, blocks: [], lost, join: '' }
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
