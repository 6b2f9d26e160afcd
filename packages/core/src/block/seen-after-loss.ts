import type { BlockSnapshot } from './block-store.ts'
import type { RememberedBlock } from './find-moves.ts'
import type { ClusterMember } from './member.ts'
import { type ClusterNeighbours, neighboursOf } from './neighbours.ts'
import { inKeyOrder, overlaps } from './within-blocks.ts'

/**
 * The other hosts as this host remembers them, after a store has lost data. From the store, only other hosts' blocks
 * count that have addresses of this host. Two hosts use those addresses, so they are lost to this host until the store
 * says otherwise. About all else the store knows nothing.
 *
 * @param before - the remembered neighbours; null: none
 * @returns null: no other host has such addresses, and none had by memory
 */
export const seenAfterLoss = (
  snapshot: BlockSnapshot,
  member: ClusterMember & { readonly cluster: string; readonly blocks: readonly RememberedBlock[] },
  before: ClusterNeighbours | null,
): ClusterNeighbours | null => {
  const { cluster, host, blocks } = member
  const seen = before?.cluster === cluster && before.host === host ? before : null
  const { disputed: former = [], ...known } = seen ?? { cluster, host, revision: 0, blocks: [], others: [] }
  const newer = blocks.filter(({ revision }) => revision > known.revision).map(({ block }) => block)
  const own = [...new Set([...known.blocks, ...former, ...newer])]
  const isOwn = overlaps(own)
  const takers = neighboursOf(snapshot, member).others.filter(({ block }) => isOwn(block))
  const disputed = own.filter(overlaps(takers.map(({ block }) => block)))
  if (disputed.length + former.length === 0) return null
  const others = known.others.filter(({ block }) => !isOwn(block))
  return {
    ...known,
    revision: Math.max(known.revision, ...blocks.map(({ revision }) => revision)),
    blocks: own.filter((block) => !disputed.includes(block)),
    others: inKeyOrder([...others, ...takers]),
    ...(disputed.length === 0 ? {} : { disputed }),
  }
}
