import { nodeAt } from './announce-node.ts'
import { blockKey, nodeKey, poolsKey } from './block-key.ts'
import { formatBlockRecord } from './block-record.ts'
import type { BlockCondition, BlockOperation, BlockTransaction } from './block-store.ts'
import { asSeen, type ClusterState, type PlacedBlock, revisionOf } from './cluster-state.ts'
import type { ClusterMember } from './member.ts'
import { formatNodeRecord, leadsTo } from './node-record.ts'
import { mostBlocksAtOnce } from './release-blocks.ts'

/**
 * The transaction that takes over the blocks of a machine whose state directory was lost. It takes the blocks together
 * with the addresses that lead to them. Other hosts follow each revision, and would remove the route to a block whose
 * host has no address for a moment. If there are more blocks than fit one transaction, the addresses also serve the
 * remaining blocks until those are taken, even by a later run.
 *
 * @param lost - the blocks under the name of the host that have another incarnation
 */
export const takeOver = (
  state: ClusterState,
  { host, incarnation }: ClusterMember,
  lost: readonly PlacedBlock[],
  nonce: string,
): BlockTransaction => {
  const some = lost.slice(0, mostBlocksAtOnce)
  const node = nodeAt(state, host)
  const reached = [...new Set(lost.map((block) => block.incarnation))].filter(
    (one) => node !== null && leadsTo(node, one),
  )
  const left = lost.slice(mostBlocksAtOnce)
  const former = reached.filter((one) => left.some((block) => block.incarnation === one))
  const key = nodeKey(host)
  const address: readonly BlockOperation[] =
    node === null || reached.length === 0
      ? []
      : [{ kind: 'put', key, value: formatNodeRecord({ ...node, incarnation, former }), lease: null }]
  const guards: readonly BlockCondition[] = [
    ...asSeen(some),
    { kind: 'modified', key: poolsKey, revision: revisionOf(state, poolsKey) },
    { kind: 'modified', key, revision: revisionOf(state, key) },
  ]
  const value = formatBlockRecord({ host, incarnation, nonce, state: 'held' })
  const blocks = some.map(
    ({ prefix }): BlockOperation => ({ kind: 'put', key: blockKey(prefix), value, lease: null }),
  )
  return { when: guards, writes: [...blocks, ...address] }
}
