import type { Prefix, Prefix4, Prefix6 } from '../address/index.ts'
import { type BlockIndex, blockerOf } from './block-index.ts'
import { rejectionOf } from './rejection.ts'
import { type RejectionLog, rejectionLog } from './rejection-log.ts'
import type { Reservation } from './reservation.ts'
import { type Space, space4, space6 } from './space.ts'

/** How far a prefix has been searched for subnets of one length. */
export interface Scan<T extends number | bigint> {
  readonly space: Space<T>
  readonly length: number
  readonly last: T
  readonly toPrefix: (base: T) => Prefix
  /** Every candidate before this one is taken, and stays so: within a plan nothing is given back. */
  position: T
  readonly log: RejectionLog
}

export const scan4 = (within: Prefix4, length: number): Scan<number> => ({
  space: space4,
  length,
  last: space4.lastOf(within.base, within.length),
  toPrefix: (base) => ({ family: 'ip', base, length }),
  position: within.base,
  log: rejectionLog(),
})

export const scan6 = (within: Prefix6, length: number): Scan<bigint> => ({
  space: space6,
  length,
  last: space6.lastOf(within.base, within.length),
  toPrefix: (base) => ({ family: 'ip6', base, length }),
  position: within.base,
  log: rejectionLog(),
})

interface Blocker<T extends number | bigint> {
  readonly end: T
  readonly owner: Reservation
}

const findBlocker = <T extends number | bigint>(
  layers: readonly BlockIndex<T>[],
  start: T,
  end: T,
): Blocker<T> | null => {
  for (const layer of layers) {
    const at = blockerOf(layer, start, end)
    const blockEnd = layer.ends[at]
    const owner = layer.owners[at]
    if (blockEnd !== undefined && owner !== undefined) return { end: blockEnd, owner }
  }
  return null
}

/**
 * The first candidate, lowest first, that touches none of the blocks; null when the prefix is used up. It does
 * not walk the candidates: a block that is in the way is jumped over whole, and one rejection stands for all
 * the candidates it covers.
 *
 *     candidates  |----|----|----|----|----|----|
 *     block         |-----------|
 *     next                           ^ the first boundary after the block's end
 */
export const firstFit = <T extends number | bigint>(
  scan: Scan<T>,
  layers: readonly BlockIndex<T>[],
): T | null => {
  const { space, length, last } = scan
  while (scan.position <= last) {
    const start = scan.position
    const blocker = findBlocker(layers, start, space.lastOf(start, length))
    if (blocker === null) return start
    const next = space.alignUp(space.next(blocker.end), length)
    // A block may reach beyond the pool: what lies there was never a candidate.
    const reached = next > last ? space.next(last) : next
    scan.log.rejections.push(
      rejectionOf(scan.toPrefix(start), space.count(start, reached, length), blocker.owner),
    )
    scan.position = reached
  }
  return null
}
