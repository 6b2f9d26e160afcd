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

/** Counts spans one after another. Many of them have the same ends. */
export class SliceCounter {
  // Numbers sort fast in lists of their own. Other values have few different ends, so a map is enough.
  readonly #from: number[] = []
  readonly #to: number[] = []
  readonly #steps = new Map<Bound, number>()

  add(spans: Spans): void {
    for (const { from, to } of spans) {
      if (typeof from === 'number' && typeof to === 'number') {
        this.#from.push(from)
        this.#to.push(to)
        continue
      }
      this.#steps.set(from, (this.#steps.get(from) ?? 0) + 1)
      this.#steps.set(to, (this.#steps.get(to) ?? 0) - 1)
    }
  }

  cut(): Slices {
    if (this.#steps.size === 0) return cutNumbers(this.#from, this.#to)
    const starts = [...this.#steps.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    let count = 0
    const counts = starts.map((start) => {
      count += this.#steps.get(start) ?? 0
      return count
    })
    return { starts, counts }
  }
}

const cutNumbers = (begins: readonly number[], ends: readonly number[]): Slices => {
  const rising = new Float64Array(begins).sort()
  const falling = new Float64Array(ends).sort()
  const starts: number[] = []
  const counts: number[] = []
  let [begun, ended] = [0, 0]
  while (ended < falling.length) {
    const start = Math.min(rising[begun] ?? Number.POSITIVE_INFINITY, falling[ended] ?? 0)
    while (rising[begun] === start) begun += 1
    while (falling[ended] === start) ended += 1
    starts.push(start)
    counts.push(begun - ended)
  }
  return { starts, counts }
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
