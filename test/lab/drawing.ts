/** A source of pseudo-random values. The same seed gives the same values. */
export interface Drawing {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number
  pick<Item>(items: readonly [Item, ...Item[]]): Item
}

/** @param stream - gives one seed several independent sequences */
export const drawingOf = (seed: number, stream = 0): Drawing => {
  // A linear congruential generator with the constants of Numerical Recipes. Its upper bits are the random ones.
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  return { below, pick: (items) => items[below(items.length)] ?? items[0] }
}
