import { parsePrefix } from '@portolan/netfilter'
import { plainPool } from '../pool/parse-pool.ts'
import { nodeAt } from './announce-node.ts'
import { blockKey, nodeKey, poolsKey } from './block-key.ts'
import { blockAt, type ClusterState, type PlacedBlock, poolsOf, revisionOf } from './cluster-state.ts'
import type { ClusterMember } from './member.ts'
import type { ClusterNeighbours, NeighbourBlock } from './neighbours.ts'
import { leadsTo } from './node-record.ts'
import { type KnownBlocks, type UndoneBlock, undoneBlocks, undoneKeys } from './undone-moves.ts'

/** Pools that a store says are in force, and that were others by then, as was seen. */
export interface UndonePools {
  readonly pools: readonly string[]
  /** The revision at which they were written. */
  readonly since: number
  /** What they were at a later one. */
  readonly seen: readonly string[]
  readonly revision: number
}

/** An address by which a store says that blocks of a host are reached, and that was another one by then, as was seen. */
export interface UndoneAddress {
  readonly host: string
  /** Null: it has none of that family. */
  readonly via: string | null
  /** The revision at which it was written. */
  readonly since: number
  /** What it was at a later one. */
  readonly seen: string | null
  readonly revision: number
}

/** What a store says that cannot be, as a host saw otherwise behind it. */
export type UndoneRecord =
  | { readonly kind: 'undone'; readonly undone: UndoneBlock }
  | { readonly kind: 'pools-undone'; readonly undone: UndonePools }
  | { readonly kind: 'address-undone'; readonly undone: UndoneAddress }

type Seen = Pick<ClusterNeighbours, 'host' | 'revision' | 'others' | 'pools' | 'disputed'>

/** What a host remembers of a cluster, with its pools. */
export interface KnownRecords extends KnownBlocks {
  readonly seen: Seen | null
}

/**
 * What a store says of a key that was written before a revision which a host has seen, and not since, though the host saw
 * otherwise at that revision: an older copy of the data was restored, however far its revisions are by now.
 *
 * @returns null: there is no such key
 */
export const undoneRecord = (state: ClusterState, known: KnownRecords): UndoneRecord | null => {
  const [own] = undoneBlocks(state, known)
  if (own !== undefined) return { kind: 'undone', undone: own }
  const { seen } = known
  // What is disputed was not seen at one revision.
  if (seen === null || seen.disputed !== undefined) return null
  const pools = undonePools(state, seen)
  return pools === null ? undoneOther(state, known, seen) : { kind: 'pools-undone', undone: pools }
}

/** The same of the pools. */
export const undonePools = (
  state: ClusterState,
  { pools: seen = [], revision }: Pick<Seen, 'pools' | 'revision'>,
): UndonePools | null => {
  const since = revisionOf(state, poolsKey)
  const now = poolsOf(state)
  // None were seen where the key could not be read.
  if (now === null || since > revision || seen.length === 0) return null
  const isSame = JSON.stringify(seen.map(plainPool)) === JSON.stringify(now.pools)
  return isSame ? null : { pools: now.pools, since, seen, revision }
}

const undoneOther = (state: ClusterState, member: ClusterMember, seen: Seen): UndoneRecord | null => {
  for (const other of seen.others) {
    // That was told, and what it says of it since counts.
    if (other.forgotten !== undefined) continue
    const entry = state.entries.get(blockKey(parsePrefix(other.block)))
    const now = entry === undefined ? null : blockAt(entry)
    // What the store had lost by then has no key that is as old, or one that says that it was given back.
    if (now === null || now.state !== 'held' || now.revision > seen.revision) continue
    const { block, host } = other
    const before = { block, takenBy: host, revision: seen.revision, since: null }
    const [undone] = now.host === host ? [] : undoneKeys(before, [now])
    if (undone !== undefined) return { kind: 'undone', undone }
    const address = undoneAddress(state, now, other, member, seen)
    if (address !== null) return { kind: 'address-undone', undone: address }
  }
  return null
}

const undoneAddress = (
  state: ClusterState,
  { incarnation, prefix }: PlacedBlock,
  { host, via: before }: NeighbourBlock,
  member: ClusterMember,
  { host: own, revision }: Seen,
): UndoneAddress | null => {
  const since = revisionOf(state, nodeKey(host))
  const node = nodeAt(state, host)
  // Another machine of the name of this host has no address for it.
  if (node === null || since > revision || host === own || host === member.host) return null
  const via = leadsTo(node, incarnation) ? node[prefix.family] : null
  return via === before ? null : { host, via, since, seen: before, revision }
}
