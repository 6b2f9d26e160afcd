import { parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import { blockKey } from './block-key.ts'
import { isBlockOf } from './choose-block.ts'
import { poolEntries } from './cluster-pools.ts'
import { blockAt, blocksOf, type ClusterState, mustHavePools, type PlacedBlock } from './cluster-state.ts'
import type { BlockMove, RememberedBlock } from './find-moves.ts'
import type { ClusterMember } from './member.ts'
import type { ClusterNeighbours } from './neighbours.ts'
import { isAmong } from './seen-after-loss.ts'

/** What a host remembers of the blocks of its cluster. */
export interface KnownBlocks extends ClusterMember {
  readonly blocks: readonly RememberedBlock[]
  /** Blocks that it had, and the host that has each. */
  readonly lost: readonly BlockMove[]
  /** The other hosts as they were seen last; null: they were not. */
  readonly seen: Pick<ClusterNeighbours, 'revision' | 'others' | 'disputed'> | null
}

/** A block of another host, and a revision at which it had it. */
export interface TakenBlock {
  readonly block: string
  readonly takenBy: string
  readonly revision: number
}

/** What was other hosts', as this host saw. What a store that had lost data said of blocks of this one is no such thing. */
const takenBefore = ({ lost, seen }: Pick<KnownBlocks, 'lost' | 'seen'>): readonly TakenBlock[] => [
  ...lost.flatMap(({ block, takenBy, revision }) => (takenBy === null ? [] : [{ block, takenBy, revision }])),
  ...(seen?.others ?? [])
    .filter(({ block }) => !isAmong(block, seen?.disputed ?? []))
    .map(({ block, host }) => ({ block, takenBy: host, revision: seen?.revision ?? 0 })),
]

/** A block that a store says is of one host, and that was another's by then, as was seen. */
export interface UndoneBlock extends TakenBlock {
  /** Which host has it by the store. */
  readonly host: string
  /** The revision at which it came to it there. */
  readonly since: number
}

/**
 * Blocks of which a store says what cannot be: that they are of a host since a revision, though another one had them behind that.
 * A key that was written before a revision, and not since, has said the same at that one; so an older copy of the data was
 * restored, however far its revisions are by now.
 */
export const undoneBlocks = (state: ClusterState, known: KnownBlocks): readonly UndoneBlock[] => {
  const { host, incarnation, blocks } = known
  const held = blocksOf(state).filter((one) => one.state === 'held')
  const isOwn = (one: PlacedBlock): boolean => one.host === host && one.incarnation === incarnation
  const undone = (one: TakenBlock, from: readonly PlacedBlock[]): readonly UndoneBlock[] => {
    const prefix = parsePrefix(one.block)
    return from
      .filter((now) => prefixesOverlap(now.prefix, prefix) && now.revision <= one.revision)
      .map((now) => ({ ...one, block: now.block, host: now.host, since: now.revision }))
  }
  const own = held.filter(isOwn)
  const others = held.filter((one) => !isOwn(one))
  return [
    ...takenBefore(known).flatMap((one) => undone(one, own)),
    ...blocks.flatMap((one) => undone({ ...one, takenBy: host }, others)),
  ]
}

/**
 * Blocks that were other hosts', as this host has seen, and of which the store knows nothing any more: nothing was written there
 * since. Pools that are cut into blocks of another size make keys go as well, and say nothing of that.
 */
export const forgottenBlocks = (
  state: ClusterState,
  known: Pick<KnownBlocks, 'lost' | 'seen'>,
): readonly TakenBlock[] => {
  const taken = takenBefore(known)
  if (taken.length === 0) return []
  const entries = poolEntries(mustHavePools(state))
  const now = blocksOf(state)
  const isOlder = (one: TakenBlock, { revision, host }: PlacedBlock): boolean =>
    revision <= one.revision && host !== one.takenBy
  return taken.filter((one) => {
    const prefix = parsePrefix(one.block)
    const entry = state.entries.get(blockKey(prefix))
    const key = entry === undefined ? null : blockAt(entry)
    // Most are as they were seen: the others are few.
    if (!isBlockOf(entries, prefix) || (key !== null && !isOlder(one, key))) return false
    return now.every((other) => !prefixesOverlap(other.prefix, prefix) || isOlder(one, other))
  })
}
