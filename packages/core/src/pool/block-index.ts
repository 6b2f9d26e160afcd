import { firstEndingFrom } from '../address/prefix-set.ts'
import { radixOrder } from './radix-order.ts'
import type { Reservation } from './reservation.ts'
import { type Space, space4, space6 } from './space.ts'

/**
 * Reserved ranges of one family, sorted, disjoint and inclusive, with who reserved each. A prefix inside
 * another one is left out, since the outer one already blocks all it could:
 *
 *     reserved   |-----------------|        |---|     |--|
 *                   |--|  |-----|           |-|
 *     kept       |-----------------|        |---|     |--|
 *
 * That is the whole point: whatever the order in which nested prefixes come, none can hide another's end.
 */
export interface BlockIndex<T extends number | bigint> {
  readonly starts: readonly T[]
  readonly ends: readonly T[]
  readonly owners: readonly Reservation[]
}

/** Both families. */
export interface BlockIndexes {
  readonly ip: BlockIndex<number>
  readonly ip6: BlockIndex<bigint>
}

/** The place of the first range that has an address in common with [start, end]; -1 when none has. */
export const blockerOf = <T extends number | bigint>(
  blocks: Pick<BlockIndex<T>, 'starts' | 'ends'>,
  start: T,
  end: T,
): number => {
  const at = firstEndingFrom(blocks.ends, start)
  const begins = blocks.starts[at]
  return begins !== undefined && begins <= end ? at : -1
}

/** Ranges in order of base, then shortest prefix first, then as given: so the outermost comes first. */
const keepOutermost = <T extends number | bigint>(
  space: Space<T>,
  bases: readonly T[],
  owners: readonly Reservation[],
  order: Uint32Array,
): BlockIndex<T> => {
  const index: { starts: T[]; ends: T[]; owners: Reservation[] } = { starts: [], ends: [], owners: [] }
  let reached: T | null = null
  for (const item of order) {
    const start = bases[item]
    const owner = owners[item]
    if (start === undefined || owner === undefined || (reached !== null && start <= reached)) continue
    reached = space.lastOf(start, owner.prefix.length)
    index.starts.push(start)
    index.ends.push(reached)
    index.owners.push(owner)
  }
  return index
}

const index4 = (reservations: readonly Reservation[]): BlockIndex<number> => {
  const owners = reservations.filter(({ prefix }) => prefix.family === 'ip')
  const bases = owners.map(({ prefix }) => (prefix.family === 'ip' ? prefix.base : 0))
  const lengths = Uint8Array.from(owners, ({ prefix }) => prefix.length)
  return keepOutermost(space4, bases, owners, radixOrder({ words: [Uint32Array.from(bases)], lengths }))
}

const index6 = (reservations: readonly Reservation[]): BlockIndex<bigint> => {
  const owners = reservations.filter(({ prefix }) => prefix.family === 'ip6')
  const bases = owners.map(({ prefix }) => (prefix.family === 'ip6' ? prefix.base : 0n))
  const lengths = Uint8Array.from(owners, ({ prefix }) => prefix.length)
  const words = [0, 1, 2, 3].map(() => new Uint32Array(bases.length))
  const scratch = new DataView(new ArrayBuffer(16))
  for (const [at, base] of bases.entries()) {
    scratch.setBigUint64(0, base >> 64n)
    scratch.setBigUint64(8, base)
    for (const [word, values] of words.entries()) values[at] = scratch.getUint32(word * 4)
  }
  return keepOutermost(space6, bases, owners, radixOrder({ words, lengths }))
}

/** Where two reserve the very same prefix, the one given first owns it. */
export const indexBlocks = (reservations: readonly Reservation[]): BlockIndexes => ({
  ip: index4(reservations),
  ip6: index6(reservations),
})
