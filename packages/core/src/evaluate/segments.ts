import type { ValueRange } from '../netfilter/index.ts'

/**
 * Overlapping ranges cut at every end, so that one binary search finds all that hold a value:
 *
 *     |------a------|
 *          |----b--------|
 *     |-a--|--a b--|--b--|
 */
export interface Segments {
  readonly starts: readonly (number | bigint)[]
  /** What the ranges from each start on belong to, rising; empty where there are none. */
  readonly lists: readonly (readonly number[])[]
}

export interface OwnedRange extends ValueRange {
  readonly owner: number
}

const next = (value: number | bigint): number | bigint => (typeof value === 'number' ? value + 1 : value + 1n)

const compare = (a: number | bigint, b: number | bigint): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Cuts ranges into segments.
 *
 * @param most - how long all lists together may become; wide ranges that overlap many others make them grow with
 *   the square of their number
 * @returns null beyond that
 */
export const cutSegments = (ranges: readonly OwnedRange[], most: number): Segments | null => {
  const events = ranges
    .flatMap(({ first, last, owner }) => [
      { at: first, owner, opens: true },
      { at: next(last), owner, opens: false },
    ])
    .sort((a, b) => compare(a.at, b.at))
  const open = new Map<number, number>()
  const starts: (number | bigint)[] = []
  const lists: number[][] = []
  let total = 0
  for (const [index, { at, owner, opens }] of events.entries()) {
    const count = (open.get(owner) ?? 0) + (opens ? 1 : -1)
    if (count === 0) open.delete(owner)
    else open.set(owner, count)
    if (events[index + 1]?.at === at) continue
    total += open.size
    if (total > most) return null
    starts.push(at)
    lists.push([...open.keys()].sort((a, b) => a - b))
  }
  return { starts, lists }
}

const none: readonly number[] = []

/** What the ranges that hold a value belong to. */
export const findSegment = ({ starts, lists }: Segments, value: number | bigint): readonly number[] => {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const start = starts[middle]
    if (start !== undefined && start <= value) low = middle + 1
    else high = middle
  }
  return low === 0 ? none : (lists[low - 1] ?? none)
}
