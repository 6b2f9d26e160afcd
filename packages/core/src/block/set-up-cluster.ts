import { poolsKey } from './block-key.ts'
import type { BlockSteps } from './block-steps.ts'
import { formatClusterPools, nextPools } from './cluster-pools.ts'
import { poolsOf, revisionOf } from './cluster-state.ts'
import { pursue } from './pursue.ts'

/** @public @since 0.1.0 */
export interface ClusterSetUp {
  readonly pools: readonly string[]
  /** Were other pools settled before, or none? */
  readonly changed: boolean
}

/**
 * The steps that settle from which pools hosts of a cluster claim blocks. Pools may be added, removed and grown later.
 * Addresses that were cut into blocks of one size are never cut into another: so no block overlaps another one, whatever
 * a host does that has not yet seen the change.
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
export function* setUpCluster(pools: readonly string[]): BlockSteps<ClusterSetUp> {
  const { commits } = yield* pursue((state) => {
    const before = poolsOf(state)
    const wanted = nextPools(pools, before)
    if (before !== null && formatClusterPools(before) === formatClusterPools(wanted)) return null
    const value = formatClusterPools(wanted)
    return {
      transaction: {
        when: [{ kind: 'modified', key: poolsKey, revision: revisionOf(state, poolsKey) }],
        writes: [{ kind: 'put', key: poolsKey, value, lease: null }],
      },
      nonce: null,
    }
  })
  return { pools, changed: commits > 0 }
}
