import { checkOptions } from '@portolan/netfilter/schema'
import { blocksPrefix, hostKey, poolsKey } from './block-key.ts'
import { keyedBlocks } from './block-keys.ts'
import type { BlockSteps } from './block-steps.ts'
import type { BlockCondition } from './block-store.ts'
import { changeKinds } from './check-block-request.ts'
import { formatClusterPools } from './cluster-pools.ts'
import { liveHost, poolsOf, revisionOf } from './cluster-state.ts'
import { checkNewPools, nextPools } from './next-pools.ts'
import { pursue } from './pursue.ts'
import { mostBlocksAtOnce } from './release-blocks.ts'

/** @public @since 0.1.0 */
export interface ClusterSetUp {
  /** The pools without host bits, with IPv6 in its shortest form. */
  readonly pools: readonly string[]
  /** True: the cluster had other pools before, or none. */
  readonly changed: boolean
}

/** @public @since 0.1.0 */
export interface PoolChange {
  /**
   * Forget reclaimed blocks too if they hinder another size: the hosts that lost them are off for good. Blocks of a
   * host that is alive are not forgotten.
   */
  readonly forgetsReclaimed?: boolean
  /** Writes a command about the cluster for messages; by default unchanged. */
  readonly written?: (command: string) => string
}

/**
 * The steps that set the pools in which hosts of a cluster claim blocks. Pools may be added, removed and grown later.
 * Addresses are cut into another block size only if no block of the former size has a key at the revision of the
 * change. Blocks that hosts gave back do not count, and their keys go with the change. So no block overlaps another,
 * whatever a host does that has not yet seen the change. A host whose reclaimed block was forgotten finds, like any
 * host that comes back, that it has lost the block.
 *
 * @param pools - in the form that `parsePool` reads, each a prefix and the size of its blocks; no two overlap
 * @throws InvalidRequestError for invalid pools
 * @example
 * const store = memoryBlockStore()
 * await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24', 'fd00:1234::/48:64']))
 * const again = await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24', 'fd00:1234::/48:64']))
 * again.changed // false
 * @public @since 0.1.0
 */
export function* setUpCluster(pools: readonly string[], options: PoolChange = {}): BlockSteps<ClusterSetUp> {
  checkOptions<PoolChange>(options, changeKinds, 'the options of setUpCluster')
  const { forgetsReclaimed = false, written = (command) => command } = options
  let settled: readonly string[] = []
  let changed = false
  yield* pursue((state, done) => {
    const before = poolsOf(state)
    if (done === 0) checkNewPools(pools, before)
    const { pools: wanted, forgotten } = nextPools(pools, before, keyedBlocks(state), {
      ...{ areForgotten: forgetsReclaimed, written },
      isAlive: ({ host, incarnation }) => liveHost(state, hostKey(host))?.incarnation === incarnation,
    })
    settled = wanted.pools
    const value = formatClusterPools(wanted)
    if (before !== null && formatClusterPools(before) === value) return null
    const some = forgotten.slice(0, mostBlocksAtOnce)
    const isLast = some.length === forgotten.length
    // This is set before the answer. If no answer comes, the next reading finds the change made.
    if (isLast) changed = before === null || String(before.pools) !== String(wanted.pools)
    const off = new Set(
      some.flatMap(({ record }) => (record?.state === 'expired' ? [hostKey(record.host)] : [])),
    )
    const when: readonly BlockCondition[] = [
      { kind: 'modified', key: poolsKey, revision: revisionOf(state, poolsKey) },
      // A claim depends on the pools, but does not write their key. A claim made in between shows by the key of its
      // block.
      { kind: 'unchanged', key: blocksPrefix, revision: state.revision },
      // None of these hosts has come back in between.
      ...[...off].map((key) => ({ kind: 'modified' as const, key, revision: revisionOf(state, key) })),
    ]
    return {
      transaction: {
        when,
        writes: [
          ...some.map(({ key }) => ({ kind: 'delete' as const, key })),
          ...(isLast ? [{ kind: 'put' as const, key: poolsKey, value, lease: null }] : []),
        ],
      },
      nonce: null,
    }
  })
  return { pools: settled, changed }
}
