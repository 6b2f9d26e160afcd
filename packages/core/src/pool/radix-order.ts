/**
 * What to sort by: per item, unsigned 32 bit words, the most significant first, then a length below 256.
 */
export interface SortKeys {
  readonly words: readonly Uint32Array[]
  readonly lengths: Uint8Array
}

/** One stable counting pass over eight bits of each key. */
const pass = (order: Uint32Array, digits: Uint32Array | Uint8Array, shift: number): Uint32Array => {
  const offsets = new Uint32Array(257)
  for (const digit of digits)
    offsets[((digit >>> shift) & 255) + 1] = (offsets[((digit >>> shift) & 255) + 1] ?? 0) + 1
  if (offsets.includes(order.length)) return order
  for (let at = 1; at < 257; at += 1) offsets[at] = (offsets[at] ?? 0) + (offsets[at - 1] ?? 0)
  const sorted = new Uint32Array(order.length)
  for (const item of order) {
    const bucket = ((digits[item] ?? 0) >>> shift) & 255
    const place = offsets[bucket] ?? 0
    offsets[bucket] = place + 1
    sorted[place] = item
  }
  return sorted
}

/**
 * The items in the order of their keys, equal ones as they came. A radix sort, because a million routes sorted
 * with a comparison function take longer than everything else together.
 */
export const radixOrder = ({ words, lengths }: SortKeys): Uint32Array => {
  let order: Uint32Array = Uint32Array.from(lengths, (_, at) => at)
  order = pass(order, lengths, 0)
  for (const word of words.toReversed()) {
    for (let shift = 0; shift < 32; shift += 8) order = pass(order, word, shift)
  }
  return order
}
