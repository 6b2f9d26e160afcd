import { type Prefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import type { PoolEntry } from '../pool/index.ts'
import { blockKey, hostKey, nodeKey, poolsKey } from './block-key.ts'
import { isBlockOf } from './choose-block.ts'
import { poolEntries } from './cluster-pools.ts'
import {
  blockAt,
  blocksOf,
  type ClusterState,
  mustHavePools,
  type PlacedBlock,
  revisionOf,
} from './cluster-state.ts'
import type { BlockMove, RememberedBlock } from './find-moves.ts'
import type { ClusterMember } from './member.ts'
import type { ClusterNeighbours } from './neighbours.ts'
import { overlapIndex } from './overlap-index.ts'
import { overlaps } from './within-blocks.ts'

/** The facts that a host remembers about the blocks of its cluster. */
export interface KnownBlocks extends ClusterMember {
  readonly blocks: readonly RememberedBlock[]
  /** Blocks that it had, each with the host that has it now. */
  readonly lost: readonly BlockMove[]
  /** The other hosts as they were last seen; null: they were not seen. */
  readonly seen: Pick<
    ClusterNeighbours,
    'host' | 'revision' | 'others' | 'disputed' | 'pools' | 'former'
  > | null
}

/** A block of another host, and a revision at which that host had it. */
export interface TakenBlock {
  readonly block: string
  readonly takenBy: string
  readonly revision: number
}

/** A block of another host, and what the store has forgotten of it. */
interface SeenBlock extends TakenBlock {
  /** The revision at which the store was first seen without this record; null: it was not. */
  readonly since: number | null
}

/**
 * Blocks that this host saw other hosts hold. Disputed blocks do not count: only a store that had lost data gave them
 * to other hosts.
 */
const takenBefore = ({ lost, seen }: Pick<KnownBlocks, 'lost' | 'seen'>): readonly SeenBlock[] => {
  const isDisputed = overlaps(seen?.disputed ?? [])
  return [
    ...lost.flatMap(({ block, takenBy, revision }) =>
      takenBy === null ? [] : [{ block, takenBy, revision, since: null }],
    ),
    ...(seen?.others ?? [])
      .filter(({ block }) => !isDisputed(block))
      .map(({ block, host, forgotten }) => ({
        ...{ block, takenBy: host, revision: forgotten?.seen ?? seen?.revision ?? 0 },
        since: forgotten?.since ?? null,
      })),
  ]
}

/**
 * Is a key newer than what was seen, or does it agree with it? If the store was seen without the record, only later
 * writes count. A release by another host is not news then: an older copy of the data gives the block to that host.
 */
const isLater = ({ takenBy, revision, since }: SeenBlock, key: PlacedBlock): boolean => {
  if (since === null) return key.revision > revision || key.host === takenBy
  if (key.host === takenBy && key.state === 'held') return true
  return key.revision > since && (key.state === 'held' || key.host === takenBy)
}

/** A block that a store gives to one host, although this host saw another host hold it later. */
export interface UndoneBlock extends TakenBlock {
  /** The host that has the block according to the store. */
  readonly host: string
  /** The revision at which that host got it, according to the store. */
  readonly since: number
  /** Is that host this one? Another machine may have the same name. */
  readonly isOwn: boolean
}

/**
 * Finds keys of a store that contradict what was seen. Such a key gives a block to one host since a revision, but at a
 * later revision another host was seen with it. The key was not written in between, so it must have said the same then.
 * So an older copy of the data was restored, however far its revisions are now.
 *
 * @param keys - held blocks of other hosts than the one that was seen with the block
 * @param isOwn - does a key belong to this host?
 */
export const undoneKeys = (
  { block, takenBy, revision, since }: SeenBlock,
  keys: readonly PlacedBlock[],
  isOwn: (key: PlacedBlock) => boolean = () => false,
): readonly UndoneBlock[] => {
  const prefix = parsePrefix(block)
  return keys
    .filter((now) => prefixesOverlap(now.prefix, prefix) && now.revision <= (since ?? revision))
    .map((now) => ({
      ...{ block: now.block, takenBy, revision },
      ...{ host: now.host, since: now.revision, isOwn: isOwn(now) },
    }))
}

/** Finds contradictions about blocks that this host has, according to the store or to its own memory. */
export const undoneBlocks = (state: ClusterState, known: KnownBlocks): readonly UndoneBlock[] => {
  const { host, incarnation, blocks } = known
  const held = blocksOf(state).filter((one) => one.state === 'held')
  const isOwn = (one: PlacedBlock): boolean => one.host === host && one.incarnation === incarnation
  const ownAt = overlapIndex(held.filter(isOwn))
  const otherAt = overlapIndex(held.filter((one) => !isOwn(one)))
  return [
    ...takenBefore(known).flatMap((one) => undoneKeys(one, ownAt(parsePrefix(one.block)), isOwn)),
    ...blocks.flatMap((one) =>
      undoneKeys({ ...one, takenBy: host, since: null }, otherAt(parsePrefix(one.block))),
    ),
  ]
}

/**
 * Finds blocks that this host saw other hosts hold, and about which the store has an older record or none: an older
 * copy of its data was restored. Keys also disappear if pools are cut into another size, which is no loss. If no pool
 * holds the block any more, it counts as forgotten in two cases: the store knows nothing of its host; or the pools are
 * older than those that were seen, and the host has written nothing since. A block that the store gives to a third host
 * counts as forgotten until the host that was seen with it has joined again.
 */
export const forgottenBlocks = (
  state: ClusterState,
  known: Pick<KnownBlocks, 'lost' | 'seen'>,
): readonly TakenBlock[] => {
  const taken = takenBefore(known)
  if (taken.length === 0) return []
  const entries = poolEntries(mustHavePools(state))
  const now = blocksOf(state)
  const at = overlapIndex(now)
  /** The revision at which each host last wrote a block. */
  const lastWords = new Map<string, number>()
  for (const { host, revision } of now) lastWords.set(host, Math.max(revision, lastWords.get(host) ?? 0))
  // This host gave the block back for its real holder.
  const isYielded = (key: PlacedBlock): boolean => key.state === 'released' && key.host === known.seen?.host
  const lastWordOf = (host: string): number =>
    Math.max(revisionOf(state, nodeKey(host)), lastWords.get(host) ?? 0)
  // The host that was seen with the block has joined since, and did not get it back.
  const isGivenUp = ({ takenBy, since }: SeenBlock, key: PlacedBlock): boolean => {
    if (since === null || key.state !== 'held') return false
    if (key.host === takenBy || key.host === known.seen?.host) return false
    return Math.max(lastWordOf(takenBy), revisionOf(state, hostKey(takenBy))) > since
  }
  const isNews = (one: SeenBlock, key: PlacedBlock): boolean =>
    (isLater(one, key) && !isYielded(key)) || isGivenUp(one, key)
  return taken.filter((one) => {
    const prefix = parsePrefix(one.block)
    const entry = state.entries.get(blockKey(prefix))
    const key = entry === undefined ? null : blockAt(entry)
    // Most blocks are as they were seen, so this check comes first.
    if (key !== null && isNews(one, key)) return false
    if (!isBlockOf(entries, prefix)) {
      if (hasOlderPools(state, one, known.seen)) {
        if (one.since !== null && lastWordOf(one.takenBy) > one.since) return false
      } else if (lastWords.has(one.takenBy) || isInPools(entries, prefix)) return false
    }
    return !at(prefix).some((other) => isNews(one, other))
  })
}

/** Are the pools those of an older copy, from before they held the block? */
const hasOlderPools = (
  state: ClusterState,
  { block, revision, since }: SeenBlock,
  seen: KnownBlocks['seen'],
): boolean => {
  if (revisionOf(state, poolsKey) > (since ?? revision)) return false
  // Former pools count only if the store was seen without the record. Otherwise the block may have been given back.
  const pools = [...(seen?.pools ?? []), ...(since === null ? [] : (seen?.former ?? []))]
  return isBlockOf(poolEntries({ pools }), parsePrefix(block))
}

/** Does any pool have addresses of a block, even in blocks of another size? */
export const isInPools = (entries: readonly PoolEntry[], block: Prefix): boolean =>
  entries.some(({ prefix }) => prefixesOverlap(prefix, block))
