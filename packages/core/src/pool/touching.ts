import { firstIndex, type Layer, nextBlocker } from './blocks.ts'
import type { Reservation } from './reservation.ts'
import type { Space } from './space.ts'

/**
 * The reservations that touch a prefix, lowest first.
 *
 * @param most - the most reservations to look for, because there may be a million
 */
export const touching = <T extends number | bigint>(
  space: Space<T>,
  layer: Layer<T>,
  base: T,
  length: number,
  most: number = Number.POSITIVE_INFINITY,
): readonly Reservation[] => {
  const end = space.lastOf(base, length)
  const found: Reservation[] = []
  let from = firstIndex(layer, base)
  while (found.length < most) {
    const blocker = nextBlocker(layer, base, end, from, space.previous)
    const owner = blocker === null ? undefined : layer.blocks.ownerAt(blocker.index)
    if (blocker === null || owner === undefined) break
    found.push(owner)
    from = blocker.index + 1
  }
  return found
}
