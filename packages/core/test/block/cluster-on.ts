import { fromJson } from '../../../../test/from-json.ts'
import {
  type BlockChanges,
  type BlockStore,
  blocksOfDeadHosts,
  type ClaimRequest,
  claimBlocks,
  describeCluster,
  reclaimBlocks,
  releaseBlocks,
  runBlockSteps,
  setUpCluster,
} from '../../src/index.ts'

/** Short functions for the rules of blocks, on a store without pools. */
export const clusterOn = async <Store extends BlockStore>(store: Store, ...pools: readonly string[]) => {
  let nonces = 0
  const newNonce = (): string => {
    nonces += 1
    return `n${nonces}`
  }
  if (pools.length > 0) await runBlockSteps(store, setUpCluster(pools))
  const claim = async (host: string, more: Partial<ClaimRequest> = {}) =>
    runBlockSteps(store, claimBlocks({ host, incarnation: `of ${host}`, lease: null, newNonce, ...more }))
  return {
    store,
    claim,
    blocksOf: async (host: string, more: Partial<ClaimRequest> = {}) =>
      (await claim(host, more)).blocks.map(({ block }) => block),
    release: (host: string, blocks: readonly string[] | null = null) =>
      runBlockSteps(store, releaseBlocks({ host, incarnation: `of ${host}`, blocks, newNonce })),
    reclaim: async (host: string | null) =>
      runBlockSteps(store, reclaimBlocks(blocksOfDeadHosts(await store.read(), host), newNonce)),
    setUp: (...next: readonly string[]) => runBlockSteps(store, setUpCluster(next)),
    view: async () => describeCluster(await store.read()),
    /** The changes of block keys from a revision on, in order. */
    history: async (from: number): Promise<readonly BlockTold[]> => {
      const { revision } = await store.commit({
        when: [],
        writes: [{ kind: 'put', key: 'end', value: '', lease: null }],
      })
      const watch = store.watch(from)
      const told: BlockTold[] = []
      for await (const changes of watch) {
        told.push(...blocksIn(changes))
        if (changes.revision >= revision) watch.close()
      }
      return told
    },
  }
}

/** A remembered block. */
export const had = (block: string) => ({ block, revision: 1 })

/** A change of one block; `state` is null: the key was deleted. */
export interface BlockTold {
  readonly key: string
  readonly host: string | null
  readonly state: 'held' | 'released' | 'expired' | null
}

const blocksIn = ({ changes }: BlockChanges): readonly BlockTold[] =>
  changes.flatMap(({ key, entry }): readonly BlockTold[] => {
    if (!key.startsWith('blocks/')) return []
    return [{ key, ...(entry === null ? { host: null, state: null } : fromJson(entry.value)) }]
  })
