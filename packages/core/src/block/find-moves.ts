import { containsPrefix, parsePrefix } from '@portolan/netfilter'
import { blockKey } from './block-key.ts'
import { blockAt, blocksOf, type ClusterState, type PlacedBlock } from './cluster-state.ts'
import type { ClusterMember } from './member.ts'

/**
 * A block as a host had it when it asked last.
 * @public @since 0.1.0
 */
export interface RememberedBlock {
  /** CIDR. */
  readonly block: string
  /** The revision of its key then. */
  readonly revision: number
}

/**
 * A block that a host had and has no longer.
 * @public @since 0.1.0
 */
export interface BlockMove {
  readonly block: string
  /** The host that has it now, be it as a part of a larger block; null: no host has. */
  readonly takenBy: string | null
  /** The revision at which that was so; 0: its key is gone, and it is in no block of another host. */
  readonly revision: number
}

/** What a host remembers to have and does not have. */
export const findMoves = (
  state: ClusterState,
  { host, incarnation }: ClusterMember,
  remembered: readonly RememberedBlock[],
): readonly BlockMove[] =>
  remembered.flatMap(({ block }): readonly BlockMove[] => {
    const isOwn = (one: PlacedBlock): boolean => one.host === host && one.incarnation === incarnation
    const prefix = parsePrefix(block)
    const entry = state.entries.get(blockKey(prefix))
    const now = entry === undefined ? null : blockAt(entry)
    if (now?.state === 'held') return isOwn(now) ? [] : [moveTo(block, now)]
    // Pools may be cut into larger blocks since.
    const wide = blocksOf(state).find(
      (one) => one.state === 'held' && !isOwn(one) && containsPrefix(one.prefix, prefix),
    )
    return [
      wide === undefined ? { block, takenBy: null, revision: entry?.modified ?? 0 } : moveTo(block, wide),
    ]
  })

const moveTo = (block: string, { host, revision }: PlacedBlock): BlockMove => ({
  block,
  takenBy: host,
  revision,
})
