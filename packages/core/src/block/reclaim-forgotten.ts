import { type Prefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import { blockKey, hostKey, poolsKey } from './block-key.ts'
import { formatBlockRecord } from './block-record.ts'
import type { BlockSteps } from './block-steps.ts'
import type { BlockCondition, BlockSnapshot } from './block-store.ts'
import { isBlockOf } from './choose-block.ts'
import { poolEntries } from './cluster-pools.ts'
import {
  blockAt,
  blocksOf,
  type ClusterState,
  clusterState,
  mustHavePools,
  revisionOf,
} from './cluster-state.ts'
import { pursue } from './pursue.ts'
import { mostBlocksAtOnce } from './release-blocks.ts'
import { forgottenBlocks, type KnownBlocks } from './undone-moves.ts'

/** What a host has seen of other hosts' blocks. */
type Known = Pick<KnownBlocks, 'lost' | 'seen'>

/**
 * The blocks of a host that this host remembers, and that a store has forgotten because it lost data.
 *
 * @throws BlockStoreError where there are no pools
 */
export const forgottenOf = (snapshot: BlockSnapshot, host: string, known: Known): readonly string[] =>
  forgottenIn(clusterState(snapshot), host, known)

const forgottenIn = (state: ClusterState, host: string, known: Known): readonly string[] => [
  ...new Set(
    forgottenBlocks(state, known).flatMap(({ block, takenBy }) => (takenBy === host ? [block] : [])),
  ),
]

/**
 * The steps that free forgotten blocks of a host that is off for good. Each block gets a key that says that it was
 * reclaimed, and every host that remembers the block follows it. A block that the store gives to another host, or that
 * no pool holds, is left alone. If the host is alive by then, nothing is done.
 *
 * @returns the blocks that are free now
 */
export function* reclaimForgotten(
  host: string,
  known: Known,
  newNonce: () => string,
): BlockSteps<readonly string[]> {
  const freed = new Set<string>()
  const alive = hostKey(host)
  const { state } = yield* pursue((now) => {
    if (now.entries.has(alive)) return null
    const free = forgottenIn(now, host, known).filter((block) => isFree(now, parsePrefix(block)))
    const some = free.slice(0, mostBlocksAtOnce)
    if (some.length === 0) return null
    const nonce = newNonce()
    for (const block of some) freed.add(block)
    const keys = some.map((block) => blockKey(parsePrefix(block)))
    const asSeen = keys.map((key): BlockCondition => {
      const revision = revisionOf(now, key)
      return revision === 0 ? { kind: 'created', key, revision } : { kind: 'modified', key, revision }
    })
    // The incarnation of that host is not known. If it comes back after all, its name identifies it.
    const value = formatBlockRecord({ host, incarnation: '', nonce, state: 'expired' })
    return {
      transaction: {
        when: [
          ...asSeen,
          { kind: 'modified' as const, key: poolsKey, revision: revisionOf(now, poolsKey) },
          { kind: 'created' as const, key: alive, revision: 0 },
        ],
        writes: keys.map((key) => ({ kind: 'put' as const, key, value, lease: null })),
      },
      nonce,
    }
  })
  const left = new Set(forgottenIn(state, host, known))
  return [...freed].filter((block) => !left.has(block) && isFree(state, parsePrefix(block)))
}

/**
 * May a key be written for the block? It must be a block of a pool, no host may have any part of it, and a present key
 * must be readable.
 */
const isFree = (state: ClusterState, prefix: Prefix): boolean => {
  const entry = state.entries.get(blockKey(prefix))
  return (
    isBlockOf(poolEntries(mustHavePools(state)), prefix) &&
    (entry === undefined || blockAt(entry) !== null) &&
    blocksOf(state).every((one) => one.state !== 'held' || !prefixesOverlap(one.prefix, prefix))
  )
}
