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
import { inKeyOrder, overlaps } from './within-blocks.ts'

/** The facts that a host remembers about its cluster. */
export interface KnownCluster extends KnownRecords {
  readonly pools: readonly string[]
}

/**
 * A loss of data that a host notices in a store.
 * - `no-pools`: the pools are gone.
 * - `older`: the store is at an older revision than the host has seen, because a copy of its data was restored.
 * - `undone`, `pools-undone`, `address-undone`: such a copy was restored too, but its revisions have caught up since.
 * - `unknown`: none of the host's blocks has a key.
 */
export type LostRecords =
  | { readonly kind: 'no-pools' }
  | {
      readonly kind: 'older'
      readonly revision: number
      readonly known: number
      /** The pools of the copy, if they differ from those that were seen; null: they do not. */
      readonly pools: readonly string[] | null
    }
  | UndoneRecord
  | { readonly kind: 'unknown'; readonly blocks: readonly string[] }

/**
 * Finds out whether a store has lost data that a host knows. Such a store cannot be believed about other hosts either.
 * Taking a block away leaves a key that says so. Keys disappear only when pools are cut into another size.
 *
 * @param snapshot - read after the known data was: later writes are no loss
 * @returns null: no loss, as far as the host can tell
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
 * Adds the hosts that a store has lost to the other hosts of a cluster. The store's record of their blocks is missing,
 * or older than what this host saw. Their containers still run. Once they join, they have the same blocks again, except
 * those that no pool holds any more. Until then a block of this host that the store has lost, and that no pool holds,
 * stays with this host: packets between both hosts have no other way. Pools that are gone count as former pools.
 *
 * @param before - the neighbours as they were known before
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
  const leads = new Set(others.map(({ block }) => parsePrefix(block).family))
  const isTheirs = overlaps(others.map(({ block }) => block))
  const own = before.blocks.filter((block) => {
    const prefix = parsePrefix(block)
    const isLost = !state.entries.has(blockKey(prefix)) && !isInPools(entries, prefix)
    return now.blocks.length > 0 && leads.has(prefix.family) && isLost
  })
  const former = [
    ...new Set([...(now.former ?? []), ...(before.pools ?? []), ...(before.former ?? [])]),
  ].filter((pool) => !pools.includes(pool))
  return {
    ...now,
    ...(former.length === 0 ? {} : { former }),
    blocks: [...now.blocks.filter((block) => !isTheirs(block)), ...own],
    others:
      others.length === 0
        ? now.others
        : inKeyOrder([...now.others.filter(({ block }) => !isTheirs(block)), ...others]),
  }
}

/** A block of another host as it was seen, with the address that the host has announced since. */
const forgotten = (one: NeighbourBlock, revision: number, state: ClusterState): NeighbourBlock => {
  const { seen, since } = one.forgotten ?? { seen: revision, since: state.revision }
  const announced = revisionOf(state, nodeKey(one.host)) > since ? nodeAt(state, one.host) : null
  const via = announced === null ? one.via : (announced[parsePrefix(one.block).family] ?? one.via)
  return { ...one, via, forgotten: { seen, since: Math.min(since, state.revision) } }
}

/** The other hosts' blocks that a store has forgotten. */
export const unknownHosts = ({ others }: Pick<ClusterNeighbours, 'others'>): ClusterNeighbours['others'] =>
  others.filter((one) => one.forgotten !== undefined)

/**
 * The pools that a cluster should have again, if it lost a pool with a forgotten block. With them the block's host gets
 * it back.
 *
 * @returns null: no such pool is lost
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
