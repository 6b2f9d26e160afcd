import { nodeAt } from './announce-node.ts'
import { blockKey, nodeKey, poolsKey } from './block-key.ts'
import { formatBlockRecord } from './block-record.ts'
import type { BlockCondition, BlockOperation, BlockTransaction } from './block-store.ts'
import { asSeen, type ClusterState, type PlacedBlock, revisionOf } from './cluster-state.ts'
import type { ClusterMember } from './member.ts'
import { formatNodeRecord } from './node-record.ts'
import { mostBlocksAtOnce } from './release-blocks.ts'

/**
 * What takes the blocks of a machine whose state directory was lost. It takes them together, and with the addresses
 * through which they are reached: other hosts follow each revision, and would take the route away from a block that is of
 * a host without one for a moment.
 *
 * @param lost - the blocks in the name of the host that have another incarnation
 */
export const takeOver = (
  state: ClusterState,
  { host, incarnation }: ClusterMember,
  lost: readonly PlacedBlock[],
  nonce: string,
): BlockTransaction => {
  const some = lost.slice(0, mostBlocksAtOnce)
  const node = nodeAt(state, host)
  const isTheirs = node !== null && some.some((block) => block.incarnation === node.incarnation)
  const key = nodeKey(host)
  const address: readonly BlockOperation[] = isTheirs
    ? [{ kind: 'put', key, value: formatNodeRecord({ ...node, incarnation }), lease: null }]
    : []
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
