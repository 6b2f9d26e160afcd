import { parsePrefix } from '@portolan/netfilter'
import { holderOf } from '../pool/holder-of.ts'
import { blockKey } from './block-key.ts'
import { blocksOf, type ClusterState, type PlacedBlock, revisionOf } from './cluster-state.ts'
import type { ClusterMember } from './member.ts'

/**
 * A block that a host had when it last asked.
 * @public @since 0.1.0
 */
export interface RememberedBlock {
  /** CIDR. */
  readonly block: string
  /** The revision of its key at that time. */
  readonly revision: number
}

/**
 * A block that a host had and no longer has.
 * @public @since 0.1.0
 */
export interface BlockMove {
  readonly block: string
  /** The host that has the block now, or a larger block around it, or a part of it; null: no host has. */
  readonly takenBy: string | null
  /** The revision at which this was so; 0: the block has no key, and no other host has its addresses. */
  readonly revision: number
}

/** Finds the blocks that a host remembers but does not have. */
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
