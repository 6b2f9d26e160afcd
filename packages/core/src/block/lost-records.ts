import { type Prefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import type { PoolEntry } from '../pool/index.ts'
import { blockKey } from './block-key.ts'
import type { BlockSnapshot } from './block-store.ts'
import { isBlockOf } from './choose-block.ts'
import { poolEntries } from './cluster-pools.ts'
import { blocksOf, clusterState, poolsOf } from './cluster-state.ts'
import type { RememberedBlock } from './find-moves.ts'
import type { ClusterNeighbours } from './neighbours.ts'

/** What a host remembers of its cluster. */
export interface KnownCluster {
  readonly pools: readonly string[]
  readonly blocks: readonly RememberedBlock[]
  /** The other hosts as they were seen last; null: they were not. */
  readonly seen: Pick<ClusterNeighbours, 'revision'> | null
}

/**
 * What a store does not know of a cluster any more. `older`: it is at a revision that the host has seen go by, as a copy of its
 * data was restored. `unknown`: none of the blocks that the host has was ever claimed there.
 */
export type LostRecords =
  | { readonly kind: 'no-pools' }
  | { readonly kind: 'older'; readonly revision: number; readonly known: number }
  | { readonly kind: 'unknown'; readonly blocks: readonly string[] }

/**
 * Tells whether a store has lost what a host knows of its cluster: then it says nothing of the other hosts either. A block that
 * was taken away has a key, which says so; only pools of another size make keys go.
 *
 * @param snapshot - read behind what is known: what was written in between is no loss
 * @returns null: it has not, as far as can be told
 */
export const lostRecords = (
  snapshot: BlockSnapshot,
  { pools, blocks, seen }: KnownCluster,
): LostRecords | null => {
  const state = clusterState(snapshot)
  const now = poolsOf(state)
  if (now === null) return pools.length === 0 ? null : { kind: 'no-pools' }
  const known = Math.max(seen?.revision ?? 0, ...blocks.map(({ revision }) => revision))
  if (snapshot.revision < known) return { kind: 'older', revision: snapshot.revision, known }
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
  const others = before.others.filter(
    ({ block, host }) => !known.has(host) && host !== now.host && isLost(parsePrefix(block)),
  )
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

/** Those of the other hosts that a store knows nothing of. */
export const unknownHosts = (
  { others }: ClusterNeighbours,
  snapshot: BlockSnapshot,
): ClusterNeighbours['others'] => {
  const { entries } = clusterState(snapshot)
  return others.filter(({ block }) => !entries.has(blockKey(parsePrefix(block))))
}
