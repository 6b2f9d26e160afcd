import type { PrefixSet, Ranges } from '../address/index.ts'
import { firstEndingFrom } from '../address/prefix-set.ts'
import type { BlockIndex, BlockIndexes } from './block-index.ts'
import type { Reservation } from './reservation.ts'
import { type Space, space4, space6 } from './space.ts'

/**
 * What is left of the blocks outside the allowed ranges:
 *
 *     block     |------------------|
 *     allowed        |---|      |------|
 *     left      |---|     |----|
 */
const carve = <T extends number | bigint>(
  space: Space<T>,
  blocks: BlockIndex<T>,
  allowed: Ranges<T>,
): BlockIndex<T> => {
  if (allowed.starts.length === 0) return blocks
  const left: { starts: T[]; ends: T[]; owners: Reservation[] } = { starts: [], ends: [], owners: [] }
  for (const [at, owner] of blocks.owners.entries()) {
    const end = blocks.ends[at]
    let start = blocks.starts[at]
    if (start === undefined || end === undefined) continue
    const keep = (from: T, to: T): void => {
      left.starts.push(from)
      left.ends.push(to)
      left.owners.push(owner)
    }
    for (let hole = firstEndingFrom(allowed.ends, start); start <= end; hole += 1) {
      const opens: T | undefined = allowed.starts[hole]
      const closes: T | undefined = allowed.ends[hole]
      if (opens === undefined || closes === undefined || opens > end) {
        keep(start, end)
        break
      }
      if (opens > start) keep(start, space.previous(opens))
      start = space.next(closes)
    }
  }
  return left
}

/** The blocks without the ranges that the user said may be used whatever is there. */
export const carveAllowed = (blocks: BlockIndexes, allowed: PrefixSet): BlockIndexes => ({
  ip: carve(space4, blocks.ip, allowed.ip),
  ip6: carve(space6, blocks.ip6, allowed.ip6),
})
