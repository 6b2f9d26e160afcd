import { blocksPrefix, hostKey, poolsKey } from './block-key.ts'
import { keyedBlocks } from './block-keys.ts'
import type { BlockSteps } from './block-steps.ts'
import type { BlockCondition } from './block-store.ts'
import { formatClusterPools } from './cluster-pools.ts'
import { liveHost, poolsOf, revisionOf } from './cluster-state.ts'
import { checkNewPools, nextPools } from './next-pools.ts'
import { pursue } from './pursue.ts'
import { mostBlocksAtOnce } from './release-blocks.ts'

/** @public @since 0.1.0 */
export interface ClusterSetUp {
  /** Without host bits, IPv6 in its shortest form. */
  readonly pools: readonly string[]
  /** Were other pools settled before, or none? */
  readonly changed: boolean
}

/** @public @since 0.1.0 */
export interface PoolChange {
  /**
   * Blocks that were reclaimed are forgotten too where another size is in their way: the hosts that they were reclaimed from
   * are off for good. Those of a host that is alive are not.
   */
  readonly forgetsReclaimed?: boolean
  /** How a command about the cluster is written in messages; as it is unless told. */
  readonly written?: (command: string) => string
}

/**
 * The steps that settle from which pools hosts of a cluster claim blocks. Pools may be added, removed and grown later.
 * Addresses are cut into blocks of another size only where no block of the former size has a key at the very revision
 * at which the pools change, but for blocks that hosts gave back, whose keys go with it: so no block overlaps another
 * one, whatever a host does that has not yet seen the change. A host whose reclaimed block was forgotten finds, as any host
 * that comes back, that the block is no longer its own.
 *
 * @param pools - as `parsePool` reads them, each a prefix and the size of its blocks; no two overlap
 * @throws InvalidRequestError for pools that cannot be
 * @example
 * const store = memoryBlockStore()
 * await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24', 'fd00:1234::/48:64']))
 * const again = await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24', 'fd00:1234::/48:64']))
 * again.changed // false
 * @public @since 0.1.0
 */
export function* setUpCluster(
  pools: readonly string[],
  { forgetsReclaimed = false, written = (command) => command }: PoolChange = {},
): BlockSteps<ClusterSetUp> {
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
    // Where no answer comes to it, the change is found to be made.
    if (isLast) changed = before === null || String(before.pools) !== String(wanted.pools)
    const off = new Set(
      some.flatMap(({ record }) => (record?.state === 'expired' ? [hostKey(record.host)] : [])),
    )
    const when: readonly BlockCondition[] = [
      { kind: 'modified', key: poolsKey, revision: revisionOf(state, poolsKey) },
      // A claim goes by pools as well, but it does not write their key: one that came in between is seen by its block.
      { kind: 'unchanged', key: blocksPrefix, revision: state.revision },
      // None of them has come back meanwhile.
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
