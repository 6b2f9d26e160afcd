import { firstEndingFrom } from '../address/prefix-set.ts'
import type { Blocks } from './blocks.ts'
import type { Reservation } from './reservation.ts'

/** What a plan has given out so far: blocks that grow. */
export interface TakenBlocks<T extends number | bigint> {
  readonly starts: T[]
  readonly ends: T[]
  readonly owners: Reservation[]
}

/** The blocks as they are whenever they are asked. */
export const takenBlocks = <T extends number | bigint>({
  starts,
  ends,
  owners,
}: TakenBlocks<T>): Blocks<T> => ({
  get length() {
    return ends.length
  },
  startAt: (index) => starts[index],
  endAt: (index) => ends[index],
  ownerAt: (index) => owners[index],
})

/**
 * Adds a prefix, keeping the ranges sorted and disjoint. Prefixes are nested or apart, so the new one is inside
 * an old one, around some, or apart from all. First fit mostly adds at the end.
 */
export const take = <T extends number | bigint>(
  { starts, ends, owners }: TakenBlocks<T>,
  start: T,
  end: T,
  owner: Reservation,
): void => {
  const from = firstEndingFrom(ends.length, (index) => ends[index], start)
  if (from === ends.length) {
    starts.push(start)
    ends.push(end)
    owners.push(owner)
    return
  }
  const begins = starts[from]
  if (begins !== undefined && begins <= start) return
  let to = from
  for (let inner = begins; inner !== undefined && inner <= end; inner = starts[to]) to += 1
  starts.splice(from, to - from, start)
  ends.splice(from, to - from, end)
  owners.splice(from, to - from, owner)
}
