import { parsePrefix } from '@portolan/netfilter'
import { blockKey, hostKey } from './block-key.ts'
import { formatBlockRecord } from './block-record.ts'
import type { BlockSteps } from './block-steps.ts'
import type { BlockSnapshot } from './block-store.ts'
import {
  asSeen,
  blocksOf,
  type ClusterBlock,
  type ClusterState,
  clusterState,
  type PlacedBlock,
  withoutPrefix,
} from './cluster-state.ts'
import { pursue } from './pursue.ts'
import { mostBlocksAtOnce } from './release-blocks.ts'

/**
 * Lists the blocks that may be reclaimed: their hosts are not alive at this revision. A host that was never alive,
 * because no program there keeps its lease, counts too.
 *
 * @param host - list only the blocks of this host; null: of all hosts
 * @example
 * blocksOfDeadHosts({ revision: 0, entries: [] }, null) // []
 * @public @since 0.1.0
 */
export const blocksOfDeadHosts = (snapshot: BlockSnapshot, host: string | null): readonly ClusterBlock[] =>
  deadIn(clusterState(snapshot))
    .filter((block) => host === null || block.host === host)
    .map(withoutPrefix)

const deadIn = (state: ClusterState): readonly PlacedBlock[] =>
  blocksOf(state).filter((block) => block.state === 'held' && !state.entries.has(hostKey(block.host)))

/**
 * The steps that take blocks from hosts that are not alive. A block stays with its host if the host came back, or wrote
 * the block's key, after the block was seen.
 *
 * @param seen - the earlier result of `blocksOfDeadHosts`
 * @returns the blocks that were taken
 * @example
 * const store = memoryBlockStore()
 * await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24']))
 * await runBlockSteps(store, claimBlocks({ host: 'web-1', incarnation: 'a1', lease: null, newNonce: () => 'n1' }))
 * const seen = blocksOfDeadHosts(await store.read(), 'web-1')
 * const taken = await runBlockSteps(store, reclaimBlocks(seen, () => 'n2'))
 * taken.length // 1
 * @public @since 0.1.0
 */
export function* reclaimBlocks(
  seen: readonly ClusterBlock[],
  newNonce: () => string,
): BlockSteps<readonly ClusterBlock[]> {
  const taken = new Map<string, ClusterBlock>()
  const revisions = new Map(seen.map(({ block, revision }) => [block, revision]))
  const { state } = yield* pursue((now) => {
    const dead = deadIn(now).filter(({ block, revision }) => revisions.get(block) === revision)
    const [first] = dead
    if (first === undefined) return null
    const some = dead.filter(({ host }) => host === first.host).slice(0, mostBlocksAtOnce)
    const nonce = newNonce()
    for (const block of some) taken.set(block.block, withoutPrefix(block))
    return {
      transaction: {
        when: [...asSeen(some), { kind: 'created' as const, key: hostKey(first.host), revision: 0 }],
        writes: some.map(({ prefix, host, incarnation }) => ({
          kind: 'put' as const,
          key: blockKey(prefix),
          value: formatBlockRecord({ host, incarnation, nonce, state: 'expired' }),
          lease: null,
        })),
      },
      nonce,
    }
  })
  return [...taken.values()].filter(({ block }) => isExpired(state, block))
}

const isExpired = (state: ClusterState, block: string): boolean => {
  const key = blockKey(parsePrefix(block))
  return blocksOf(state).some((now) => blockKey(now.prefix) === key && now.state !== 'held')
}
