import { firstEndingFrom } from '../address/prefix-set.ts'
import type { Reservation } from './reservation.ts'

/** A BlockIndex that grows while a plan is made. */
export interface TakenBlocks<T extends number | bigint> {
  readonly starts: T[]
  readonly ends: T[]
  readonly owners: Reservation[]
}

/**
 * Adds a prefix, keeping the ranges sorted and disjoint. First fit mostly adds at the end, where a splice is
 * cheap. Prefixes are nested or apart, so the new one is inside an old one, around some, or apart from all.
 */
export const take = <T extends number | bigint>(
  taken: TakenBlocks<T>,
  start: T,
  end: T,
  owner: Reservation,
): void => {
  const from = firstEndingFrom(taken.ends, start)
  const begins = taken.starts[from]
  if (begins !== undefined && begins <= start) return
  let to = from
  for (let inner = begins; inner !== undefined && inner <= end; inner = taken.starts[to]) to += 1
  taken.starts.splice(from, to - from, start)
  taken.ends.splice(from, to - from, end)
  taken.owners.splice(from, to - from, owner)
}
