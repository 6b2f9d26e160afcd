import { parsePrefix, shellLine } from '@portolan/netfilter'
import type { Collision } from '../pool/index.ts'
import type { ClusterState, PlacedBlock } from './cluster-state.ts'
import type { BlockMove } from './find-moves.ts'
import { type ClusterMember, heldBy } from './member.ts'
import { overlapIndex } from './overlap-index.ts'
import { forgottenBlocks, type KnownBlocks, undoneBlocks } from './undone-moves.ts'

/** A block that the store gave to this host, although this host saw that it is another host's. */
export interface YieldedBlock {
  readonly block: string
  readonly takenBy: string
}

/** What a host has seen of other hosts' blocks, and a store with restored data has forgotten. */
export interface SeenHolders {
  /**
   * The next block of this host that is another host's. It is given back, so that the other host can claim it. Null:
   * there is none.
   */
  next(state: ClusterState): PlacedBlock | null
  /** Finds the other host that a block belongs to, and that keeps this host from claiming it. */
  obstacle(state: ClusterState): (block: string) => Collision | null
  /** If the store names no holder of a lost block, names the host that was seen with it. */
  withSeenHolder(state: ClusterState, move: BlockMove): BlockMove
  yielded(): readonly YieldedBlock[]
}

/**
 * @param known - what this host has seen
 * @param written - writes a command about the cluster
 */
export const seenHolders = (
  member: ClusterMember,
  known: Pick<KnownBlocks, 'lost' | 'seen'> = { lost: [], seen: null },
  written: (command: string) => string = (command) => command,
): SeenHolders => {
  const yielded = new Map<string, string>()
  const holderIn = (state: ClusterState): ((block: string) => string | null) => {
    const taken = [
      ...forgottenBlocks(state, known),
      ...[...yielded].map(([block, takenBy]) => ({ block, takenBy })),
    ].map(({ block, takenBy }) => ({ prefix: parsePrefix(block), takenBy }))
    const takenAt = overlapIndex(taken)
    return (block) => takenAt(parsePrefix(block))[0]?.takenBy ?? null
  }
  return {
    next: (state) => {
      const [undone] = undoneBlocks(state, { ...member, ...known, blocks: [] })
      const found = heldBy(state, member).find(({ block }) => block === undone?.block)
      if (undone === undefined || found === undefined) return null
      yielded.set(found.block, undone.takenBy)
      return found
    },
    obstacle: (state) => {
      const holderOf = holderIn(state)
      return (block) => {
        const host = holderOf(block)
        return host === null ? null : ofAnother(block, host, written)
      }
    },
    withSeenHolder: (state, move) => {
      const takenBy = move.takenBy ?? holderIn(state)(move.block)
      const before = known.lost.find(({ block }) => block === move.block)?.revision ?? 0
      // The move is at least as late as the block's key, which does not name that host.
      return takenBy === move.takenBy
        ? move
        : { ...move, takenBy, revision: Math.max(before, move.revision, known.seen?.revision ?? 0) }
    },
    yielded: () => [...yielded].map(([block, takenBy]) => ({ block, takenBy })),
  }
}

const ofAnother = (block: string, host: string, written: (command: string) => string): Collision => ({
  kind: 'cluster',
  overlaps: block,
  detail: `host ${host} had it when this host saw the cluster last, and etcd has lost that since: it is that host's once \`${written('portolan cluster join')}\` runs there, and free after \`${written(shellLine(['portolan', 'cluster', 'reclaim', '--member', host]))}\` here, where that host is off for good`,
  interface: null,
  owner: host,
})
