import type { Config, HeldBlocks, OwnedNetwork } from '@portolan/core'
import { uncheckedSubnetNotes } from '@portolan/core/planning'
import { PortolanError, type Wording } from '@portolan/netfilter'
import { namedBlocks } from '../../cluster/named-blocks.ts'
import { lostBlockNote, readLostBlocks } from '../../status/lost-blocks.ts'
import { liveProjects } from '../wanted/live-projects.ts'

interface AttachedOn {
  readonly stateDirectory: string
  /** The project of the live host. */
  readonly project: string
  readonly config?: Config
  readonly wording?: Wording
}

/** Notes on a network with an attached endpoint when its block is lost, or may belong to another host. */
export const lostNetworkNotes = async (
  network: OwnedNetwork,
  { stateDirectory, project, config, wording }: AttachedOn,
): Promise<readonly string[]> => {
  const isLive = (one: string): boolean => one === project || liveProjects(stateDirectory).includes(one)
  const worded = wording === undefined ? {} : { wording }
  const lost = await readLostBlocks(stateDirectory, { isLive, ...worded })
  const found = lost.find([network]).map((conflict) => lostBlockNote(conflict))
  const unchecked =
    config?.cluster == null || found.length > 0
      ? []
      : uncheckedSubnetNotes([network.network], await blocksOf(config, stateDirectory))
  return [...lost.unread, ...found, ...unchecked]
}

/** The blocks of this host; null when they cannot be read. That error is reported with the lost blocks. */
const blocksOf = async (config: Config, stateDirectory: string): Promise<HeldBlocks | null> => {
  try {
    return await namedBlocks({ config, stateDirectory })
  } catch (error) {
    if (error instanceof PortolanError) return null
    throw error
  }
}
