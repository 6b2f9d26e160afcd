import { parsePrefix } from '@portolan/netfilter'
import { nodeAt } from './announce-node.ts'
import { blockKey, nodeKey } from './block-key.ts'
import type { BlockSnapshot } from './block-store.ts'
import { isBlockOf } from './choose-block.ts'
import { poolEntries } from './cluster-pools.ts'
import { type ClusterState, clusterState, poolsOf, revisionOf } from './cluster-state.ts'
import type { ClusterNeighbours, NeighbourBlock } from './neighbours.ts'
import { forgottenBlocks, isInPools } from './undone-moves.ts'
import { type KnownRecords, type UndoneRecord, undonePools, undoneRecord } from './undone-records.ts'
import { inKeyOrder, isAmong } from './within-blocks.ts'

/** What a host remembers of its cluster. */
export interface KnownCluster extends KnownRecords {
  readonly pools: readonly string[]
}

/**
 * What a store does not know of a cluster any more. `older`: it is at a revision that the host has seen go by, as a copy of its
 * data was restored; `undone`, `pools-undone`, `address-undone`: the same, though its revisions have come as far since.
 * `unknown`: none of the blocks that the host has was ever claimed there.
 */
export type LostRecords =
  | { readonly kind: 'no-pools' }
  | {
      readonly kind: 'older'
      readonly revision: number
      readonly known: number
      /** Those of the copy, where they are others than were seen; null: they are not. */
      readonly pools: readonly string[] | null
    }
  | UndoneRecord
  | { readonly kind: 'unknown'; readonly blocks: readonly string[] }

/**
 * Tells whether a store has lost what a host knows of its cluster: then it says nothing of the other hosts either. A block that
 * was taken away has a key, which says so; only pools of another size make keys go.
 *
 * @param snapshot - read behind what is known: what was written in between is no loss
 * @returns null: it has not, as far as can be told
 */
export const lostRecords = (snapshot: BlockSnapshot, known: KnownCluster): LostRecords | null => {
  const { pools, blocks, seen } = known
  const state = clusterState(snapshot)
  const now = poolsOf(state)
  if (now === null) return pools.length === 0 ? null : { kind: 'no-pools' }
  const last = Math.max(seen?.revision ?? 0, ...blocks.map(({ revision }) => revision))
  if (snapshot.revision < last) {
    const older = seen === null ? null : undonePools(state, seen)
    return { kind: 'older', revision: snapshot.revision, known: last, pools: older?.pools ?? null }
  }
  const undone = undoneRecord(state, known)
  if (undone !== null) return undone
  const entries = poolEntries(now)
  const unknown = blocks.filter(({ block }) => {
    const prefix = parsePrefix(block)
    return isBlockOf(entries, prefix) && !state.entries.has(blockKey(prefix))
  })
  return unknown.length === 0 || unknown.length < blocks.length
    ? null
    : { kind: 'unknown', blocks: unknown.map(({ block }) => block) }
}

/**
 * The other hosts of a cluster, with those that the store has lost: what it says of their blocks is older than what was seen, or
 * nothing. Their containers run on, and they have the same blocks again once they join, but for those that no pool has any more.
 * Until then a block of this host that no pool has either stays with them: packets between both have no other way. Pools that
 * went are former ones.
 *
 * @param before - as they were known before
 */
export const withUnknownHosts = (
  now: ClusterNeighbours,
  before: ClusterNeighbours | null,
  snapshot: BlockSnapshot,
): ClusterNeighbours => {
  const { pools = [] } = now
  if (before === null || before.cluster !== now.cluster || pools.length === 0) return now
  const state = clusterState(snapshot)
  const entries = poolEntries({ pools })
  const known = { ...before, host: now.host }
  const lost = new Set(forgottenBlocks(state, { lost: [], seen: known }).map(({ block }) => block))
  const others = before.others
    .filter(({ block, host }) => lost.has(block) && host !== now.host)
    .map((one) => forgotten(one, before.revision, state))
  const names = others.map(({ block }) => block)
  const own = before.blocks.filter((block) => {
    const prefix = parsePrefix(block)
    const leads = others.some((other) => parsePrefix(other.block).family === prefix.family)
    const isLost = !state.entries.has(blockKey(prefix)) && !isInPools(entries, prefix)
    return now.blocks.length > 0 && leads && isLost
  })
  const former = [
    ...new Set([...(now.former ?? []), ...(before.pools ?? []), ...(before.former ?? [])]),
  ].filter((pool) => !pools.includes(pool))
  return {
    ...now,
    ...(former.length === 0 ? {} : { former }),
    blocks: [...now.blocks.filter((block) => !isAmong(block, names)), ...own],
    others:
      others.length === 0
        ? now.others
        : inKeyOrder([...now.others.filter(({ block }) => !isAmong(block, names)), ...others]),
  }
}

/** A block of another host as it was seen, with the address that the host has told since. */
const forgotten = (one: NeighbourBlock, revision: number, state: ClusterState): NeighbourBlock => {
  const { seen, since } = one.forgotten ?? { seen: revision, since: state.revision }
  const told = revisionOf(state, nodeKey(one.host)) > since ? nodeAt(state, one.host) : null
  const via = told === null ? one.via : (told[parsePrefix(one.block).family] ?? one.via)
  return { ...one, via, forgotten: { seen, since: Math.min(since, state.revision) } }
}

/** Those of the other hosts of which a store has forgotten that they have the block. */
export const unknownHosts = ({ others }: Pick<ClusterNeighbours, 'others'>): ClusterNeighbours['others'] =>
  others.filter((one) => one.forgotten !== undefined)

/**
 * The pools that a cluster had, where it lost those that a forgotten block is of: with them that host gets the block back.
 *
 * @returns null: they are there
 */
export const lostPools = ({
  others,
  pools = [],
  former = [],
}: ClusterNeighbours): readonly string[] | null => {
  const holds = (pool: string, block: string): boolean =>
    isBlockOf(poolEntries({ pools: [pool] }), parsePrefix(block))
  const lost = unknownHosts({ others }).filter(
    ({ block }) => !isBlockOf(poolEntries({ pools }), parsePrefix(block)),
  )
  const gone = former.filter((pool) => lost.some(({ block }) => holds(pool, block)))
  if (gone.length === 0) return null
  const isInside = (pool: string): boolean =>
    poolEntries({ pools: [pool] }).every(({ prefix }) => isInPools(poolEntries({ pools: gone }), prefix))
  return [...pools.filter((pool) => !isInside(pool)), ...gone]
}
