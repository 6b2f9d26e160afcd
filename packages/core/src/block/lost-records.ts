import { type Prefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import type { PoolEntry } from '../pool/index.ts'
import { blockKey } from './block-key.ts'
import type { BlockSnapshot } from './block-store.ts'
import { isBlockOf } from './choose-block.ts'
import { poolEntries } from './cluster-pools.ts'
import { blockAt, blocksOf, clusterState, poolsOf } from './cluster-state.ts'
import type { ClusterNeighbours } from './neighbours.ts'
import { type KnownRecords, type UndoneRecord, undoneRecord } from './undone-records.ts'

/** What a host remembers of its cluster. */
export interface KnownCluster extends KnownRecords {
  readonly pools: readonly string[]
}

/**
 * What a store does not know of a cluster any more. `older`: it is at a revision that the host has seen go by, as a copy of its
 * data was restored; `undone`, `pools-undone`, `address-undone`: the same, though its revisions have come as far since. `unknown`: none of the blocks that the host
 * has was ever claimed there.
 */
export type LostRecords =
  | { readonly kind: 'no-pools' }
  | { readonly kind: 'older'; readonly revision: number; readonly known: number }
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
  if (snapshot.revision < last) return { kind: 'older', revision: snapshot.revision, known: last }
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
 * The other hosts of a cluster, with those that the store has lost: hosts that it knows nothing of, in whose blocks no host came.
 * Their containers run on, and they claim the same blocks again once they join, but for those that no pool has any more. Until
 * then a block of this host that no pool has either stays with them: packets between both have no other way. Pools that went
 * are former ones.
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
  const known = new Set(blocksOf(state).map(({ host }) => host))
  // Pools of another size make the keys of blocks go that no host has.
  const isLost = (prefix: Prefix): boolean =>
    !state.entries.has(blockKey(prefix)) && (isBlockOf(entries, prefix) || !isInPools(entries, prefix))
  // What this host gave back for the one that it was seen to be of.
  const isYielded = (prefix: Prefix): boolean => {
    const entry = state.entries.get(blockKey(prefix))
    const key = entry === undefined ? null : blockAt(entry)
    return key?.state === 'released' && key.host === now.host
  }
  const others = before.others.filter(({ block, host }) => {
    if (host === now.host) return false
    const prefix = parsePrefix(block)
    return isYielded(prefix) || (!known.has(host) && isLost(prefix))
  })
  const own = before.blocks.filter((block) => {
    const prefix = parsePrefix(block)
    const leads = others.some((other) => parsePrefix(other.block).family === prefix.family)
    return now.blocks.length > 0 && leads && isLost(prefix) && !isInPools(entries, prefix)
  })
  const former = [
    ...new Set([...(now.former ?? []), ...(before.pools ?? []), ...(before.former ?? [])]),
  ].filter((pool) => !pools.includes(pool))
  return {
    ...now,
    ...(former.length === 0 ? {} : { former }),
    blocks: [...now.blocks, ...own],
    others:
      others.length === 0
        ? now.others
        : [...now.others, ...others].toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
  }
}

const isInPools = (entries: readonly PoolEntry[], block: Prefix): boolean =>
  entries.some(({ prefix }) => prefixesOverlap(prefix, block))

const keyOf = ({ block }: { readonly block: string }): string => blockKey(parsePrefix(block))

/** Those of the other hosts that a store knows nothing of, or not that they have the block. */
export const unknownHosts = (
  { others }: ClusterNeighbours,
  snapshot: BlockSnapshot,
): ClusterNeighbours['others'] => {
  const { entries } = clusterState(snapshot)
  return others.filter(({ block }) => {
    const entry = entries.get(blockKey(parsePrefix(block)))
    return entry === undefined || blockAt(entry)?.state === 'released'
  })
}
