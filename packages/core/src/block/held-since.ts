import { parsePrefix } from '@portolan/netfilter'
import type { HeldBlocks } from '../pool/held-blocks.ts'
import { holderOf } from '../pool/holder-of.ts'
import { isBlockOf } from './choose-block.ts'
import { poolEntries } from './cluster-pools.ts'
import type { BlockMove, RememberedBlock } from './find-moves.ts'
import type { ClusterNeighbours } from './neighbours.ts'
import { isWithinBlocks } from './within-blocks.ts'

/**
 * A block that a host gave back in a former cluster while networks of the host are still in it.
 * @public @since 0.1.0
 */
export interface LostElsewhere {
  readonly cluster: string
  /** CIDR. */
  readonly block: string
}

/**
 * The blocks of a host, as it remembers them since it last joined.
 * @public @since 0.1.0
 */
export interface RememberedBlocks {
  readonly cluster: string
  readonly host: string
  readonly blocks: readonly RememberedBlock[]
  readonly leaving: readonly string[]
  readonly lost: readonly BlockMove[]
  /** Lost blocks of former clusters, which other hosts there may claim. Absent: none. */
  readonly lostElsewhere?: readonly LostElsewhere[]
}

/**
 * The blocks of a host, by its memory and by the cluster as it was seen later. A block that the host did not have at a
 * later revision is lost. A block that was in no pool then is leaving: the host must move out of it. Both hold although
 * the host has not verified its blocks again.
 *
 * @param seen - the cluster as it was seen since; null: it was not
 * @example
 * const blocks = [{ block: '10.64.1.0/24', revision: 3 }]
 * const remembered = { cluster: 'prod', host: 'web-1', blocks, leaving: [], lost: [] }
 * const seen = { cluster: 'prod', host: 'web-1', revision: 7, blocks: [], others: [] }
 * heldSince(remembered, seen).lost // [{ block: '10.64.1.0/24', takenBy: null }]
 * @public @since 0.1.0
 */
export const heldSince = (
  { cluster, host, blocks, leaving, lost, lostElsewhere = [] }: RememberedBlocks,
  seen: ClusterNeighbours | null,
): Required<Pick<HeldBlocks, 'blocks' | 'leaving' | 'lost'>> => {
  const isLater = ({ revision }: RememberedBlock | BlockMove): boolean =>
    seen !== null && seen.cluster === cluster && seen.host === host && seen.revision >= revision
  const isGone = (one: RememberedBlock): boolean => isLater(one) && seen?.blocks.includes(one.block) === false
  const takerOf = (block: string): string | null => holderOf(block, seen?.others ?? [])?.host ?? null
  // A newer copy of the data may have been restored. By that copy the block is this host's again.
  const isBack = (one: BlockMove): boolean => isLater(one) && seen?.blocks.includes(one.block) === true
  const held = [...blocks.filter((one) => !isGone(one)), ...lost.filter(isBack)].map(({ block }) => block)
  return {
    blocks: held,
    leaving: (blocks.every(isLater) ? (leavingOf(held, seen) ?? leaving) : leaving).filter((block) =>
      held.includes(block),
    ),
    lost: [
      ...lost.map((one) => ({
        block: one.block,
        takenBy: isLater(one) ? takerOf(one.block) : one.takenBy,
      })),
      ...blocks.filter(isGone).map(({ block }) => ({ block, takenBy: takerOf(block) })),
      ...lostElsewhere.map(({ cluster: before, block }) => ({ block, takenBy: null, cluster: before })),
    ].filter(({ block }) => !isWithinBlocks(block, held)),
  }
}

/** @returns null: the pools were not seen */
const leavingOf = (held: readonly string[], seen: ClusterNeighbours | null): readonly string[] | null => {
  const { pools = [] } = seen ?? {}
  if (pools.length === 0) return null
  const entries = poolEntries({ pools })
  return held.filter((block) => !isBlockOf(entries, parsePrefix(block)))
}
