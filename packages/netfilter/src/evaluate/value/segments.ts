import type { ValueRange } from '../../model/index.ts'

/**
 * Overlapping ranges cut at every end, so that one binary search finds all that hold a value:
 *
 *     |------a------|
 *          |----b--------|
 *     |-a--|--a b--|--b--|
 */
export interface Segments {
  readonly starts: readonly (number | bigint)[]
  /** The owners of the ranges from each start on, rising; empty where there is no range. */
  readonly lists: readonly (readonly number[])[]
}

export interface OwnedRange extends ValueRange {
  readonly owner: number
}

const next = (value: number | bigint): number | bigint => (typeof value === 'number' ? value + 1 : value + 1n)

/**
 * Cuts ranges into segments.
 *
 * @param most - the most entries in all lists together; wide ranges that overlap many others make them grow with
 *   the square of their number
 * @returns null beyond that
 */
export const cutSegments = (ranges: readonly OwnedRange[], most: number): Segments | null => {
  const order = sortEnds(ranges)
  const open: number[] = []
  const starts: (number | bigint)[] = []
  const lists: (readonly number[])[] = []
  let total = 0
  for (let index = 0; index < order.length; index += 1) {
    const one = order[index] ?? 0
    const owner = ranges[one >> 1]?.owner ?? 0
    const place = placeIn(open, owner)
    if ((one & 1) === OPENS) putAt(open, place, owner)
    else takeAt(open, place)
    const at = placeOf(ranges, one)
    if (index + 1 < order.length && placeOf(ranges, order[index + 1] ?? 0) === at) continue
    total += open.length
    if (total > most) return null
    starts.push(at)
    lists.push(withoutDoubles(open))
  }
  return { starts, lists }
}

/**
 * Inserts a value as `splice` does, without a list of removed values: thousands of ranges open and close, few at a
 * time.
 */
const putAt = (list: number[], place: number, value: number): void => {
  list.push(value)
  for (let at = list.length - 1; at > place; at -= 1) list[at] = list[at - 1] ?? value
  list[place] = value
}

const takeAt = (list: number[], place: number): void => {
  if (place >= list.length) return
  for (let at = place + 1; at < list.length; at += 1) list[at - 1] = list[at] ?? 0
  list.pop()
}

/** The number of an end is twice the number of its range, plus one for the end where the range begins. */
const OPENS = 1

/** Where a range begins, or the first value behind it. */
const placeOf = (ranges: readonly OwnedRange[], end: number): number | bigint => {
  const range = ranges[end >> 1]
  if (range === undefined) return 0
  return (end & 1) === OPENS ? range.first : next(range.last)
}

/** The most ends that fit into one number behind an IPv4 address: together they have 53 bits. */
const MOST_PACKED = 2 ** 20

/** The ends of all ranges in their order. */
const sortEnds = (ranges: readonly OwnedRange[]): ArrayLike<number> => {
  const count = 2 * ranges.length
  if (count > MOST_PACKED || ranges.some(({ first }) => typeof first === 'bigint'))
    return Array.from({ length: count }, (_, end) => end).sort((a, b) =>
      compare(placeOf(ranges, a), placeOf(ranges, b)),
    )
  const packed = new Float64Array(count)
  for (let end = 0; end < count; end += 1) packed[end] = Number(placeOf(ranges, end)) * MOST_PACKED + end
  if (count <= FEW) sortFew(packed)
  else packed.sort()
  for (let at = 0; at < count; at += 1) packed[at] = (packed[at] ?? 0) % MOST_PACKED
  return packed
}

/** Up to this many values are sorted here: a call of the typed array's own sort takes longer. */
const FEW = 32

const sortFew = (values: Float64Array): void => {
  for (let from = 1; from < values.length; from += 1) {
    const value = values[from] ?? 0
    let at = from
    for (; at > 0; at -= 1) {
      const before = values[at - 1] ?? 0
      if (before <= value) break
      values[at] = before
    }
    values[at] = value
  }
}

const compare = (a: number | bigint, b: number | bigint): number => (a < b ? -1 : a > b ? 1 : 0)

/** The first place in a rising list that is not before a value. */
const placeIn = (rising: readonly number[], value: number): number => {
  let at = rising.length
  while (at > 0 && (rising[at - 1] ?? 0) >= value) at -= 1
  return at
}

/** Removes doubles: a rule may have several ranges that touch. */
const withoutDoubles = (rising: readonly number[]): readonly number[] => {
  for (let at = 1; at < rising.length; at += 1)
    if (rising[at] === rising[at - 1]) return rising.filter((value, place) => value !== rising[place - 1])
  return rising.slice()
}

const none: readonly number[] = []

/** The owners of the ranges that hold a value. */
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
