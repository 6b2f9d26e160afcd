import { nodeKey } from './block-key.ts'
import type { BlockSteps } from './block-steps.ts'
import type { BlockSnapshot } from './block-store.ts'
import { checkRequest, nodeKinds } from './check-block-request.ts'
import { type ClusterState, clusterState, revisionOf, snapshotOf } from './cluster-state.ts'
import { asMember, type ClusterMember } from './member.ts'
import { formatNodeRecord, type NodeAddresses, type NodeRecord, parseNodeRecord } from './node-record.ts'
import { type BlockChange, pursue } from './pursue.ts'

/** @public @since 0.1.0 */
export interface NodeRequest extends ClusterMember {
  /** The addresses through which other hosts reach the blocks of this one. */
  readonly addresses: NodeAddresses
}

export const nodeAt = ({ entries }: ClusterState, host: string): NodeRecord | null => {
  const entry = entries.get(nodeKey(host))
  return entry === undefined ? null : parseNodeRecord(entry.value)
}

/**
 * The steps by which a host announces the addresses that lead to its blocks. Run again they change nothing.
 *
 * @throws BlockStoreError `CLUSTER_NAME_TAKEN`
 * @example
 * const store = memoryBlockStore()
 * await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24']))
 * const web1 = { host: 'web-1', incarnation: 'a1' }
 * await runBlockSteps(store, claimBlocks({ ...web1, lease: null, newNonce: () => 'n1' }))
 * await runBlockSteps(store, announceNode({ ...web1, addresses: { ip: '192.0.2.11', ip6: null } }))
 * neighboursOf(await store.read(), { cluster: 'prod', host: 'web-2', incarnation: 'a2' }).others[0]?.via // '192.0.2.11'
 * @public @since 0.1.0
 */
export function* announceNode(request: NodeRequest): BlockSteps<void> {
  checkRequest<NodeRequest>(request, nodeKinds, 'the request of announceNode')
  yield* announceFrom(request, null)
}

/**
 * Does what `announceNode` does, starting from the cluster as it was seen a moment ago.
 *
 * @param seen - null: the cluster is read first
 * @returns the cluster as it is known afterwards
 */
export function* announceFrom(
  { host, incarnation, addresses }: NodeRequest,
  seen: BlockSnapshot | null,
): BlockSteps<BlockSnapshot> {
  const key = nodeKey(host)
  const value = formatNodeRecord({ incarnation, ip: addresses.ip, ip6: addresses.ip6, former: [] })
  const next = (state: ClusterState): BlockChange | null => {
    const announced = state.entries.get(key)
    const isSilent = addresses.ip === null && addresses.ip6 === null
    if (announced?.value === value || (announced === undefined && isSilent)) return null
    return {
      transaction: {
        when: [
          { kind: 'modified', key, revision: revisionOf(state, key) },
          ...asMember(state, { host, incarnation }, null).when,
        ],
        writes: [{ kind: 'put', key, value, lease: null }],
      },
      nonce: null,
    }
  }
  const { state } = yield* pursue(next, seen === null ? null : clusterState(seen))
  return snapshotOf(state)
}
