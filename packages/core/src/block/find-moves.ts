import { parsePrefix } from '@portolan/netfilter'
import { blockKey } from './block-key.ts'
import { blocksOf, type ClusterState, type PlacedBlock, revisionOf } from './cluster-state.ts'
import { holderOf } from './holder-of.ts'
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
  /** The host that has it now, be it as a part of a larger block, or a part of it; null: no host has. */
  readonly takenBy: string | null
  /** The revision at which that was so; 0: its key is gone, and it is in no block of another host. */
  readonly revision: number
}

/** What a host remembers to have and does not have. */
export const findMoves = (
  state: ClusterState,
  { host, incarnation }: ClusterMember,
  remembered: readonly RememberedBlock[],
): readonly BlockMove[] => {
  const isOwn = (one: PlacedBlock): boolean => one.host === host && one.incarnation === incarnation
  const held = blocksOf(state).filter((one) => one.state === 'held')
  const others = held.filter((one) => !isOwn(one))
  return remembered.flatMap(({ block }): readonly BlockMove[] => {
    if (held.some((one) => one.block === block && isOwn(one))) return []
    const taker = holderOf(block, others)
    if (taker !== null) return [{ block, takenBy: taker.host, revision: taker.revision }]
    return [{ block, takenBy: null, revision: revisionOf(state, blockKey(parsePrefix(block))) }]
  })
}
