import { parsePrefix } from '@portolan/netfilter'
import { blockKey } from './block-key.ts'
import { blockAt, type ClusterState } from './cluster-state.ts'
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
  /** The host that has it now; null: no host has. */
  readonly takenBy: string | null
  /** The revision at which that was so; 0: its key is gone. */
  readonly revision: number
}

/** What a host remembers to have and does not have. */
export const findMoves = (
  state: ClusterState,
  { host, incarnation }: ClusterMember,
  remembered: readonly RememberedBlock[],
): readonly BlockMove[] =>
  remembered.flatMap(({ block }): readonly BlockMove[] => {
    const entry = state.entries.get(blockKey(parsePrefix(block)))
    const now = entry === undefined ? null : blockAt(entry)
    if (now?.state === 'held' && now.host === host && now.incarnation === incarnation) return []
    return [{ block, takenBy: now?.state === 'held' ? now.host : null, revision: entry?.modified ?? 0 }]
  })
