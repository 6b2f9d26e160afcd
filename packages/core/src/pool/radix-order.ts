import type { PrefixColumns } from './prefix-columns.ts'

/** Bits of each pass. Eleven take three passes for a word, and the counters stay in the first level cache. */
const BITS = 11
const BUCKETS = 1 << BITS

/** One stable counting pass over some bits of each row's digit. */
const pass = (order: Uint32Array, digits: Uint32Array | Uint8Array, shift: number): Uint32Array => {
  const offsets = new Uint32Array(BUCKETS + 1)
  for (let row = 0; row < order.length; row += 1) {
    const bucket = ((digits[row] ?? 0) >>> shift) & (BUCKETS - 1)
    offsets[bucket + 1] = (offsets[bucket + 1] ?? 0) + 1
  }
  // Every row is in one bucket, so no row moves. IPv6 routes often have only zeros in their lower half.
  if (offsets.includes(order.length)) return order
  for (let at = 1; at <= BUCKETS; at += 1) offsets[at] = (offsets[at] ?? 0) + (offsets[at - 1] ?? 0)
  const sorted = new Uint32Array(order.length)
  for (let at = 0; at < order.length; at += 1) {
    const row = order[at] ?? 0
    const bucket = ((digits[row] ?? 0) >>> shift) & (BUCKETS - 1)
    const place = offsets[bucket] ?? 0
    offsets[bucket] = place + 1
    sorted[place] = row
  }
  return sorted
}

/**
 * The rows ordered by address, then by length, shortest first, then as they were added. It is a radix sort: sorting a
 * million routes with a comparison function would take longer than all the rest together.
 */
export const radixOrder = ({ words, lengths, count }: PrefixColumns): Uint32Array => {
  let order: Uint32Array = new Uint32Array(count)
  for (let row = 0; row < count; row += 1) order[row] = row
  order = pass(order, lengths, 0)
  for (const word of words.toReversed()) {
    for (let shift = 0; shift < 32; shift += BITS) order = pass(order, word, shift)
  }
  return order
}
