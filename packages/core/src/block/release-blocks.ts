import { blockKey, hostKey, nodeKey } from './block-key.ts'
import { formatBlockRecord } from './block-record.ts'
import type { BlockSteps } from './block-steps.ts'
import type { BlockOperation } from './block-store.ts'
import { checkRequest, releaseKinds } from './check-block-request.ts'
import { asSeen } from './cluster-state.ts'
import { asMember, type ClusterMember, heldBy, heldByName } from './member.ts'
import { pursue } from './pursue.ts'

/** The most blocks of one transaction. etcd takes 128 operations by default, and counts conditions separately. */
export const mostBlocksAtOnce = 100

/** @public @since 0.1.0 */
export interface ReleaseRequest extends ClusterMember {
  /** CIDR; null: all blocks of the host. */
  readonly blocks: readonly string[] | null
  /** Returns a text that no other claim has, at each call. */
  readonly newNonce: () => string
}

/**
 * The steps by which a host gives blocks back. Their keys stay and say so. The host gets the same blocks when it asks
 * again, unless another host needed them in between.
 *
 * @returns the blocks that were given back
 * @example
 * const store = memoryBlockStore()
 * await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24']))
 * const host = { host: 'web-1', incarnation: 'a1', newNonce: () => 'n1' }
 * await runBlockSteps(store, claimBlocks({ ...host, lease: null }))
 * const given = await runBlockSteps(store, releaseBlocks({ ...host, blocks: null }))
 * given.length // 1
 * @public @since 0.1.0
 */
export function* releaseBlocks(request: ReleaseRequest): BlockSteps<readonly string[]> {
  checkRequest<ReleaseRequest>(request, releaseKinds, 'the request of releaseBlocks')
  const released = new Set<string>()
  yield* pursue((state) => {
    const held = heldBy(state, request)
    const wanted = held.filter(({ block }) => request.blocks?.includes(block) ?? true)
    const some = wanted.slice(0, mostBlocksAtOnce)
    if (some.length === 0) return null
    const { host, incarnation, newNonce } = request
    const nonce = newNonce()
    const puts = some.map(({ prefix }): BlockOperation => {
      const value = formatBlockRecord({ host, incarnation, nonce, state: 'released' })
      return { kind: 'put', key: blockKey(prefix), value, lease: null }
    })
    for (const { block } of some) released.add(block)
    // After a takeover that was cut off, other blocks with this name are still reached through the address of the host.
    const keys =
      held.length === heldByName(state, request).length ? [hostKey(host), nodeKey(host)] : [hostKey(host)]
    const leaves: readonly BlockOperation[] =
      some.length === held.length ? keys.map((key) => ({ kind: 'delete', key })) : []
    return {
      transaction: {
        when: [...asSeen(some), ...asMember(state, request, null).when],
        writes: [...puts, ...leaves],
      },
      nonce,
    }
  })
  return [...released]
}
