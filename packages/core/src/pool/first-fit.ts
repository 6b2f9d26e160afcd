import type { Prefix, Prefix4, Prefix6 } from '@portolan/netfilter'
import { firstIndex, type Layer, nextBlocker } from './blocks.ts'
import { passBlocked, passTaken, type RejectionLog, rejectionLog } from './rejection-log.ts'
import type { Reservation } from './reservation.ts'
import { type Space, space4, space6 } from './space.ts'

/** How far a prefix has been searched for subnets of one length. */
export interface Scan<T extends number | bigint> {
  readonly space: Space<T>
  readonly length: number
  readonly last: T
  readonly toPrefix: (base: T) => Prefix
  /** Every candidate before this position is taken, and stays taken: a plan gives nothing back. */
  position: T
  /** For each layer that does not grow: the first block that ends at or after the last position searched. */
  readonly reached: number[]
  readonly log: RejectionLog
}

export const scan4 = (within: Prefix4, length: number): Scan<number> => ({
  space: space4,
  length,
  last: space4.lastOf(within.base, within.length),
  toPrefix: (base) => ({ family: 'ip', base, length }),
  position: within.base,
  reached: [0, 0, 0],
  log: rejectionLog(),
})

export const scan6 = (within: Prefix6, length: number): Scan<bigint> => ({
  space: space6,
  length,
  last: space6.lastOf(within.base, within.length),
  toPrefix: (base) => ({ family: 'ip6', base, length }),
  position: within.base,
  reached: [0, 0, 0],
  log: rejectionLog(),
})

interface Blocker<T extends number | bigint> {
  readonly end: T
  readonly owner: Reservation
}

const findBlocker = <T extends number | bigint>(
  { space, reached }: Scan<T>,
  layers: readonly Layer<T>[],
  start: T,
  end: T,
): Blocker<T> | null => {
  for (let at = 0; at < layers.length; at += 1) {
    const layer = layers[at]
    if (layer === undefined) break
    const from = firstIndex(layer, start, reached[at])
    if (!layer.grows) reached[at] = from
    const found = nextBlocker(layer, start, end, from, space.previous)
    const owner = found === null ? undefined : layer.blocks.ownerAt(found.index)
    if (found !== null && owner !== undefined) return { end: found.end, owner }
  }
  return null
}

/**
 * Finds the first candidate, lowest first, that touches no block; null when the prefix is used up. It does not walk the
 * candidates. It jumps over a block as a whole, and records one rejection for all the candidates that the block covers.
 *
 *     candidates  |----|----|----|----|----|----|
 *     block         |-----------|
 *     next                           ^ the first boundary after the block's end
 */
export const firstFit = <T extends number | bigint>(scan: Scan<T>, layers: readonly Layer<T>[]): T | null => {
  const { space, length, last } = scan
  while (scan.position <= last) {
    const start = scan.position
    const blocker = findBlocker(scan, layers, start, space.lastOf(start, length))
    if (blocker === null) return start
    const next = space.alignUp(space.next(blocker.end), length)
    // A block may reach beyond the pool, where no candidates are.
    const reached = next > last ? space.next(last) : next
    passBlocked(scan.log, scan.toPrefix(start), space.count(start, reached, length), blocker.owner)
    scan.position = reached
  }
  return null
}

/** Records that the candidate at the scan's position went to a network, and moves on to the next. */
export const passFound = <T extends number | bigint>(
  scan: Scan<T>,
  candidate: Prefix,
  network: string,
): void => {
  passTaken(scan.log, candidate, network)
  scan.position = scan.space.next(scan.space.lastOf(scan.position, scan.length))
}
