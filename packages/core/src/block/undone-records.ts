import { parsePrefix } from '@portolan/netfilter'
import { plainPool } from '../pool/parse-pool.ts'
import { nodeAt } from './announce-node.ts'
import { blockKey, nodeKey, poolsKey } from './block-key.ts'
import { blockAt, type ClusterState, type PlacedBlock, poolsOf, revisionOf } from './cluster-state.ts'
import type { ClusterMember } from './member.ts'
import type { ClusterNeighbours, NeighbourBlock } from './neighbours.ts'
import { leadsTo } from './node-record.ts'
import { type KnownBlocks, type UndoneBlock, undoneBlocks, undoneKeys } from './undone-moves.ts'

/** Pools that a store says are in force, although other pools were seen at a later revision. */
export interface UndonePools {
  readonly pools: readonly string[]
  /** The revision at which the store's pools were written. */
  readonly since: number
  /** The pools that were seen at the later revision, `revision`. */
  readonly seen: readonly string[]
  readonly revision: number
}

/** An address that a store gives for a host's blocks, although another one was seen at a later revision. */
export interface UndoneAddress {
  readonly host: string
  /** The address according to the store; null: it has none in that family. */
  readonly via: string | null
  /** The revision at which the store's address was written. */
  readonly since: number
  /** The address that was seen at the later revision, `revision`. */
  readonly seen: string | null
  readonly revision: number
}

/** A record of a store that contradicts what a host saw at a later revision. */
export type UndoneRecord =
  | { readonly kind: 'undone'; readonly undone: UndoneBlock }
  | { readonly kind: 'pools-undone'; readonly undone: UndonePools }
  | { readonly kind: 'address-undone'; readonly undone: UndoneAddress }

type Seen = Pick<ClusterNeighbours, 'host' | 'revision' | 'others' | 'pools' | 'disputed'>

/** The facts that a host remembers about a cluster, with its pools. */
export interface KnownRecords extends KnownBlocks {
  readonly seen: Seen | null
}

/**
 * Finds a record that contradicts what a host saw. The record was written before a revision that the host has seen, and
 * not since, but the host saw something else at that revision. So an older copy of the data was restored, however far
 * its revisions are now.
 *
 * @returns null: there is no such record
 */
export const undoneRecord = (state: ClusterState, known: KnownRecords): UndoneRecord | null => {
  const [own] = undoneBlocks(state, known)
  if (own !== undefined) return { kind: 'undone', undone: own }
  const { seen } = known
  // Neighbours with disputed blocks were not all seen at one revision.
  if (seen === null || seen.disputed !== undefined) return null
  const pools = undonePools(state, seen)
  return pools === null ? undoneOther(state, known, seen) : { kind: 'pools-undone', undone: pools }
}

/** Finds pools that contradict what a host saw. */
export const undonePools = (
  state: ClusterState,
  { pools: seen = [], revision }: Pick<Seen, 'pools' | 'revision'>,
): UndonePools | null => {
  const since = revisionOf(state, poolsKey)
  const now = poolsOf(state)
  // The seen pools are empty if the key could not be read then.
  if (now === null || since > revision || seen.length === 0) return null
  const isSame = JSON.stringify(seen.map(plainPool)) === JSON.stringify(now.pools)
  return isSame ? null : { pools: now.pools, since, seen, revision }
}

const undoneOther = (state: ClusterState, member: ClusterMember, seen: Seen): UndoneRecord | null => {
  for (const other of seen.others) {
    // This loss is already reported. What the store says about the block since then counts.
    if (other.forgotten !== undefined) continue
    const entry = state.entries.get(blockKey(parsePrefix(other.block)))
    const now = entry === undefined ? null : blockAt(entry)
    // A block that the store had already lost then has no key that is as old, or one that says that it was given back.
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
  // Another machine with this host's name gets no address in the list of neighbours.
  if (node === null || since > revision || host === own || host === member.host) return null
  const via = leadsTo(node, incarnation) ? node[prefix.family] : null
  return via === before ? null : { host, via, since, seen: before, revision }
}
