import { formatPrefix, type Prefix } from '@portolan/netfilter'
import { blockKey, blockOfKey, hostOfKey, poolsKey } from './block-key.ts'
import { type BlockRecord, type HostRecord, parseBlockRecord, parseHostRecord } from './block-record.ts'
import type { BlockCondition, BlockEntry, BlockSnapshot } from './block-store.ts'
import { BlockStoreError } from './block-store-error.ts'
import { type ClusterPools, parseClusterPools } from './cluster-pools.ts'

/**
 * A block that has a key.
 * @public @since 0.1.0
 */
export interface ClusterBlock extends BlockRecord {
  /** CIDR. */
  readonly block: string
  /** The revision at which the key was last written. */
  readonly revision: number
}

/** A block that has a key, with its prefix as a value. */
export interface PlacedBlock extends ClusterBlock {
  readonly prefix: Prefix
}

export const withoutPrefix = ({ prefix: _prefix, ...block }: PlacedBlock): ClusterBlock => block

/** A cluster at one revision, or as far as later changes are known. */
export interface ClusterState {
  /**
   * The last revision at which all keys are known. Keys that this host has written since, or found in its way, are
   * newer. A later revision would mean that other hosts changed nothing up to it, and what they did change would look
   * like an older copy of the data.
   */
  readonly revision: number
  readonly entries: ReadonlyMap<string, BlockEntry>
}

export const clusterState = ({ revision, entries }: BlockSnapshot): ClusterState => ({
  revision,
  entries: new Map(entries.map((entry) => [entry.key, entry])),
})

/** The state as a list of entries. */
export const snapshotOf = ({ revision, entries }: ClusterState): BlockSnapshot => ({
  revision,
  entries: [...entries.values()],
})

/** The state after a refused transaction, with these keys as the refusal found them. */
export const withFound = (
  { revision, entries }: ClusterState,
  keys: readonly string[],
  found: readonly BlockEntry[],
): ClusterState => {
  const next = new Map(entries)
  for (const key of keys) next.delete(key)
  for (const entry of found) next.set(entry.key, entry)
  return { revision, entries: next }
}

/** The revision at which a key was last written; 0: it does not exist. */
export const revisionOf = ({ entries }: ClusterState, key: string): number => entries.get(key)?.modified ?? 0

/** The pools of a cluster; null: it has none. @throws BlockStoreError for a value that cannot be read */
export const poolsOf = ({ entries }: ClusterState): ClusterPools | null => {
  const entry = entries.get(poolsKey)
  if (entry === undefined) return null
  const pools = parseClusterPools(entry.value)
  if (pools === null)
    throw new BlockStoreError(
      'CLUSTER_POOLS',
      'This version cannot read the key pools of this cluster, so no block is claimed. Another program or a newer version of Portolan wrote it: use that version, or another cluster name.',
    )
  return pools
}

/** @throws BlockStoreError where the cluster has no pools */
export const mustHavePools = (state: ClusterState): ClusterPools => {
  const pools = poolsOf(state)
  if (pools === null)
    throw new BlockStoreError(
      'CLUSTER_POOLS',
      'This cluster has no pools, so there is no block to claim: its name is misspelt, or it was not set up. Settle its pools once: `portolan cluster init --pool 10.64.0.0/12:24`.',
    )
  return pools
}

/** Blocks by the entry that they were read from: an entry does not change. */
const readBefore = new WeakMap<BlockEntry, PlacedBlock | null>()

/** The block of a key; null: it is another key, or cannot be read. */
export const blockAt = (entry: BlockEntry): PlacedBlock | null => {
  const known = readBefore.get(entry)
  if (known !== undefined) return known
  const block = readBlock(entry)
  readBefore.set(entry, block)
  return block
}

const readBlock = (entry: BlockEntry): PlacedBlock | null => {
  const prefix = blockOfKey(entry.key)
  const record = prefix === null ? null : parseBlockRecord(entry.value)
  return prefix === null || record === null
    ? null
    : { ...record, block: formatPrefix(prefix), revision: entry.modified, prefix }
}

/** Sorted blocks by the map of entries: changed entries are another map. */
const sortedBefore = new WeakMap<ClusterState['entries'], readonly PlacedBlock[]>()

/** All readable blocks in the order of their keys. A watch adds entries in the order in which they come. */
export const blocksOf = ({ entries }: ClusterState): readonly PlacedBlock[] => {
  const known = sortedBefore.get(entries)
  if (known !== undefined) return known
  const blocks = [...entries.values()].sort(byKey).flatMap((entry) => blockAt(entry) ?? [])
  sortedBefore.set(entries, blocks)
  return blocks
}

const byKey = ({ key: one }: BlockEntry, { key: other }: BlockEntry): number => (one < other ? -1 : 1)

/** Conditions that the blocks are still as they were seen. */
export const asSeen = (blocks: readonly PlacedBlock[]): readonly BlockCondition[] =>
  blocks.map(({ prefix, revision }) => ({ kind: 'modified', key: blockKey(prefix), revision }))

/** The record of a host that is alive; null: it is not alive. */
export const liveHost = ({ entries }: ClusterState, key: string): HostRecord | null => {
  const entry = entries.get(key)
  return entry === undefined ? null : (parseHostRecord(entry.value) ?? { incarnation: '' })
}

export const liveHosts = ({ entries }: ClusterState): readonly string[] =>
  [...entries.keys()].flatMap((key) => hostOfKey(key) ?? [])
