import type { Bound, Spans } from './spans.ts'

/**
 * A dimension cut at every end of every span, and how many spans lie over each slice:
 *
 *     |------|
 *         |-------|
 *     | 1 |2 | 1  | 0
 */
export interface Slices {
  readonly starts: readonly Bound[]
  readonly counts: readonly number[]
}

/** Counts spans as they come; many of them have the same ends. */
export class SliceCounter {
  readonly #steps = new Map<Bound, number>()

  add(spans: Spans): void {
    for (const { from, to } of spans) {
      this.#steps.set(from, (this.#steps.get(from) ?? 0) + 1)
      this.#steps.set(to, (this.#steps.get(to) ?? 0) - 1)
    }
  }

  cut(): Slices {
    const starts = [...this.#steps.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    let count = 0
    const counts = starts.map((start) => {
      count += this.#steps.get(start) ?? 0
      return count
    })
    return { starts, counts }
  }
}

/** The slice that holds a value; -1 before the first. */
export const sliceAt = (starts: readonly Bound[], value: Bound): number => {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const start = starts[middle]
    if (start !== undefined && start <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}
