import type { ClusterNeighbours, OwnedNetwork } from '@portolan/core'
import { findLostBlocks, leavingBlockNotes } from '@portolan/core/planning'
import { readMemberSince, seenLast } from '@portolan/host'
import { families, PortolanError, type Wording } from '@portolan/netfilter'
import { claimLines } from '../cluster/join-line.ts'
import { unjoinedIn } from '../cluster/named-blocks.ts'
import { withCommands } from '../plan/with-commands.ts'
import { type ProjectCommand, wordsAbout } from './project-command.ts'
import type { ProjectConflict } from './status.ts'

/** Writes a conflict about a lost block as a note, with each command in a sentence. */
export const lostBlockNote = (
  { message, remedy: { text, commands } }: ProjectConflict,
  written: (command: string) => string = (command) => command,
): string =>
  [message, text, ...commands.map((command) => `The command is \`${written(command)}\`.`)].join(' ')

/** Finds networks in blocks that this host had in a cluster. */
export interface LostBlocks {
  /** No such block is remembered. */
  readonly isNone: boolean
  readonly find: (networks: readonly OwnedNetwork[]) => readonly ProjectConflict[]
  /** Notes about networks in blocks that this host has to give back. */
  readonly notes: (networks: readonly OwnedNetwork[]) => readonly string[]
  readonly unread: readonly string[]
}

export const noLostBlocks: LostBlocks = { isNone: true, find: () => [], notes: () => [], unread: [] }

interface LostBlocksOptions {
  /** Does a program hold the project? */
  readonly isLive: (project: string) => boolean
  /** The other hosts, where they are known; by default those that this host remembers. */
  readonly neighbours?: ClusterNeighbours | null
  /** The answer of a cluster that this host has not joined. All addresses of that cluster are lost to this host. */
  readonly clusterSeen?: ClusterNeighbours
  /** Writes a command about a project; by default unchanged. */
  readonly ownCommand?: ProjectCommand
  /** How remedies name what the user may change; by default as the command does. */
  readonly wording?: Wording
}

/**
 * Reads the blocks that this host remembers to have lost, and what this host last saw of its cluster. Does not ask the
 * cluster.
 */
export const readLostBlocks = async (
  stateDirectory: string,
  { isLive, neighbours, clusterSeen, ownCommand: written, wording }: LostBlocksOptions,
): Promise<LostBlocks> => {
  try {
    const known = await readMemberSince(stateDirectory)
    const given = neighbours === undefined ? clusterSeen : neighbours
    const seen = given === undefined ? await seenLast(stateDirectory) : given
    const cluster = known?.member.cluster ?? seen?.cluster ?? ''
    const others = seen?.cluster === cluster ? seen.others : []
    const { blocks: own = [], lost = [], leaving = [] } = known?.held ?? {}
    const now = seen?.cluster === cluster ? (seen.pools ?? []) : []
    // No pools: they were not seen.
    const pools = now.length === 0 ? null : now
    // A host that left has given its name back. Another machine may have the name now.
    const left = known?.member.left === true ? { left: true as const } : {}
    const host = left.left === true ? undefined : (known?.member.host ?? seen?.host)
    const disputed = seen?.cluster === cluster ? seen.disputed : undefined
    const named = {
      ...(host === undefined ? {} : { host }),
      ...(disputed === undefined ? {} : { disputed }),
      others,
    }
    const lines = claimLines({ cluster: known?.member.url ?? null, directory: stateDirectory }, named)
    const notes: LostBlocks['notes'] = (networks) =>
      networks.flatMap(({ project, network }) =>
        leavingBlockNotes(
          [network],
          { cluster, leaving, pools, ...lines },
          isLive(project),
          wordsAbout(project, { wording, written }).ownCommand,
          wording,
        ),
      )
    const asked = clusterSeen === undefined ? {} : unjoinedIn({ cluster, pools: null }, clusterSeen)
    // This host saw the cluster and does not remember to have joined it. It has lost its memory, or was never a member.
    const isForgotten = known === null && asked.unjoined === undefined && others.length > 0
    const unjoined = isForgotten ? { unjoined: { pools: [], own: [] } } : asked
    if (lost.length + others.length === 0 && unjoined.unjoined === undefined)
      return { ...noLostBlocks, notes }
    // A host that does not remember to have joined does not know which blocks are its own.
    const ofHost = { pools: known === null ? null : pools, blocks: own, lost }
    const blocks = { ...named, ...left, cluster, ...ofHost, ...lines, ...unjoined }
    const subnetsOf = ({ network }: OwnedNetwork): readonly string[] =>
      families.flatMap((family) => network[family]?.subnet ?? [])
    const find: LostBlocks['find'] = (networks) => {
      const used = networks.flatMap(subnetsOf)
      return networks.flatMap(({ project, network, ...more }): readonly ProjectConflict[] => {
        const subnets = network.external ? [] : subnetsOf({ project, network, ...more })
        const words = wordsAbout(project, { wording, written })
        return findLostBlocks(
          { network: network.name, subnets, used },
          blocks,
          isLive(project),
          words.wording,
        ).map((conflict) => ({ ...withCommands(conflict, words), project }))
      })
    }
    return { isNone: false, find, notes, unread: [] }
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
    const what = 'networks in blocks that another host of the cluster has are not told'
    const sentence = `The blocks of this host could not be read, so ${what}: ${error.message}`
    return { ...noLostBlocks, unread: [sentence] }
  }
}
