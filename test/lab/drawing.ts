/** What is drawn at random, the same again from the same seed. */
export interface Drawing {
  /** A whole number from 0 to less than the limit. */
  below(limit: number): number
  pick<Item>(items: readonly [Item, ...Item[]]): Item
}

/** @param stream - tells apart the drawings of one seed */
export const drawingOf = (seed: number, stream = 0): Drawing => {
  // Numerical Recipes' generator; the upper bits are taken.
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  return { below, pick: (items) => items[below(items.length)] ?? items[0] }
}
