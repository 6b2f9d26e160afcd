import { type Prefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import type { PoolEntry } from '../pool/index.ts'
import { blockKey, nodeKey, poolsKey } from './block-key.ts'
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
import { isAmong } from './within-blocks.ts'

/** What a host remembers of the blocks of its cluster. */
export interface KnownBlocks extends ClusterMember {
  readonly blocks: readonly RememberedBlock[]
  /** Blocks that it had, and the host that has each. */
  readonly lost: readonly BlockMove[]
  /** The other hosts as they were seen last; null: they were not. */
  readonly seen: Pick<
    ClusterNeighbours,
    'host' | 'revision' | 'others' | 'disputed' | 'pools' | 'former'
  > | null
}

/** A block of another host, and a revision at which it had it. */
export interface TakenBlock {
  readonly block: string
  readonly takenBy: string
  readonly revision: number
}

/** The same, with what the store says of it by now. */
interface SeenBlock extends TakenBlock {
  /** The revision at which the store was first seen without it; null: it was not. */
  readonly since: number | null
}

/** What was other hosts', as this host saw. What a store that had lost data said of blocks of this one is no such thing. */
const takenBefore = ({ lost, seen }: Pick<KnownBlocks, 'lost' | 'seen'>): readonly SeenBlock[] => [
  ...lost.flatMap(({ block, takenBy, revision }) =>
    takenBy === null ? [] : [{ block, takenBy, revision, since: null }],
  ),
  ...(seen?.others ?? [])
    .filter(({ block }) => !isAmong(block, seen?.disputed ?? []))
    .map(({ block, host, forgotten }) => ({
      ...{ block, takenBy: host, revision: forgotten?.seen ?? seen?.revision ?? 0 },
      since: forgotten?.since ?? null,
    })),
]

/**
 * Does a key say what came behind that? A store that has forgotten it is believed again with what is written since. That
 * another host gives the block back which an older copy says it had is no news: it was that host's before.
 */
const isLater = ({ takenBy, revision, since }: SeenBlock, key: PlacedBlock): boolean => {
  if (since === null) return key.revision > revision || key.host === takenBy
  if (key.host === takenBy && key.state === 'held') return true
  return key.revision > since && (key.state === 'held' || key.host === takenBy)
}

/** A block that a store says is of one host, and that was another's by then, as was seen. */
export interface UndoneBlock extends TakenBlock {
  /** Which host has it by the store. */
  readonly host: string
  /** The revision at which it came to it there. */
  readonly since: number
  /** Is that host this one? Another machine may have its name. */
  readonly isOwn: boolean
}

/**
 * The keys of a store that say what cannot be of a block: that it is of a host since a revision, though another one had it behind
 * that. A key that was written before a revision, and not since, has said the same at that one; so an older copy of the data was
 * restored, however far its revisions are by now.
 *
 * @param keys - held blocks of other hosts than the one that was seen to have it
 * @param isOwn - is a key that of this host?
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

/** Blocks of this host, by a store or by what it remembers, of which the store says what cannot be. */
export const undoneBlocks = (state: ClusterState, known: KnownBlocks): readonly UndoneBlock[] => {
  const { host, incarnation, blocks } = known
  const held = blocksOf(state).filter((one) => one.state === 'held')
  const isOwn = (one: PlacedBlock): boolean => one.host === host && one.incarnation === incarnation
  const own = held.filter(isOwn)
  const others = held.filter((one) => !isOwn(one))
  return [
    ...takenBefore(known).flatMap((one) => undoneKeys(one, own, isOwn)),
    ...blocks.flatMap((one) => undoneKeys({ ...one, takenBy: host, since: null }, others)),
  ]
}

/**
 * Blocks that were other hosts', as this host has seen, and of which the store says what is older, or nothing: an older copy of
 * its data was restored. Pools that are cut into blocks of another size make keys go as well, and say nothing of that. Where no
 * pool has the block any more, only a host of which the store knows nothing still has it; or one that has written nothing since,
 * where the pools are older than what was seen as well.
 */
export const forgottenBlocks = (
  state: ClusterState,
  known: Pick<KnownBlocks, 'lost' | 'seen'>,
): readonly TakenBlock[] => {
  const taken = takenBefore(known)
  if (taken.length === 0) return []
  const entries = poolEntries(mustHavePools(state))
  const now = blocksOf(state)
  const hosts = new Set(now.map(({ host }) => host))
  // This host gave it back for the one that it is of.
  const isYielded = (key: PlacedBlock): boolean => key.state === 'released' && key.host === known.seen?.host
  const isNews = (one: SeenBlock, key: PlacedBlock): boolean => isLater(one, key) && !isYielded(key)
  return taken.filter((one) => {
    const prefix = parsePrefix(one.block)
    const entry = state.entries.get(blockKey(prefix))
    const key = entry === undefined ? null : blockAt(entry)
    // Most are as they were seen: the others are few.
    if (key !== null && isNews(one, key)) return false
    if (!isBlockOf(entries, prefix)) {
      if (hasOlderPools(state, one, known.seen)) {
        if (one.since !== null && lastWordOf(state, one.takenBy, now) > one.since) return false
      } else if (hosts.has(one.takenBy) || isInPools(entries, prefix)) return false
    }
    return now.every((other) => !prefixesOverlap(other.prefix, prefix) || !isNews(one, other))
  })
}

/** Are the pools those of an older copy, from before the block was in one? */
const hasOlderPools = (
  state: ClusterState,
  { block, revision, since }: SeenBlock,
  seen: KnownBlocks['seen'],
): boolean => {
  if (revisionOf(state, poolsKey) > (since ?? revision)) return false
  // What was seen as pools of before says nothing of a block that was given back.
  const pools = [...(seen?.pools ?? []), ...(since === null ? [] : (seen?.former ?? []))]
  return isBlockOf(poolEntries({ pools }), parsePrefix(block))
}

/** The revision at which a host has written something last. */
const lastWordOf = (state: ClusterState, host: string, blocks: readonly PlacedBlock[]): number =>
  Math.max(
    revisionOf(state, nodeKey(host)),
    ...blocks.flatMap((one) => (one.host === host ? [one.revision] : [])),
  )

/** Does any pool have addresses of a block, be it in blocks of another size? */
export const isInPools = (entries: readonly PoolEntry[], block: Prefix): boolean =>
  entries.some(({ prefix }) => prefixesOverlap(prefix, block))
