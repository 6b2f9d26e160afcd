import { firstEndingFrom, type Ranges } from './prefix-set.ts'

/**
 * A set of addresses of one family, or of ports: inclusive ranges, sorted, disjoint and not touching. Numbers, or
 * bigints for IPv6; never both.
 */
export type RangeSet = Ranges<number | bigint>

interface Range {
  readonly first: number | bigint
  readonly last: number | bigint
}

const after = (value: number | bigint): number | bigint =>
  typeof value === 'number' ? value + 1 : value + 1n
const before = (value: number | bigint): number | bigint =>
  typeof value === 'number' ? value - 1 : value - 1n

/** Math.max and Math.min do not take bigints. */
const later = (a: number | bigint, b: number | bigint): number | bigint => {
  if (a > b) return a
  return b
}

export const emptyRanges: RangeSet = { starts: [], ends: [] }

/**
 * The set of all values in any of the ranges, which may overlap and come in any order.
 *
 * @example
 * rangeSet([{ first: 80, last: 90 }, { first: 85, last: 99 }]) // { starts: [80], ends: [99] }
 */
export const rangeSet = (ranges: Iterable<Range>): RangeSet => {
  const starts: (number | bigint)[] = []
  const ends: (number | bigint)[] = []
  for (const { first, last } of ranges) {
    starts.push(first)
    ends.push(last)
  }
  return uniteEnds(starts, ends)
}

/**
 * The set of ranges, from where they start and where they end. The two are sorted apart: as many ranges have ended as
 * have begun, and so there is a gap, exactly where the n-th end lies before the start after the n-th.
 */
const uniteEnds = (starts: (number | bigint)[], ends: (number | bigint)[]): RangeSet =>
  uniteRising(sorted(starts), sorted(ends))

const uniteRising = (from: readonly (number | bigint)[], to: readonly (number | bigint)[]): RangeSet => {
  if (from.length < 2) return { starts: from, ends: to }
  const starts: (number | bigint)[] = []
  const ends: (number | bigint)[] = []
  let reached: number | bigint | undefined
  for (let at = 0; at < from.length; at += 1) {
    const start = from[at]
    const end = to[at]
    if (start === undefined || end === undefined) break
    if (reached === undefined) starts.push(start)
    else if (start > after(reached)) {
      ends.push(reached)
      starts.push(start)
    }
    reached = end
  }
  if (reached !== undefined) ends.push(reached)
  return { starts, ends }
}

/** Fewer values than this are sorted where they are. */
const FEW = 32

/** The values, rising, in the same list. */
const sorted = (values: (number | bigint)[]): readonly (number | bigint)[] => {
  // Ports of a range, and addresses that were given out, rise already.
  if (isRising(values)) return values
  if (values.length < FEW || !areNumbers(values)) return values.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  // Without a function that compares, five thousand numbers take half the time.
  const numbers = new Float64Array(values).sort()
  for (let at = 0; at < numbers.length; at += 1) values[at] = numbers[at] ?? 0
  return values
}

const isRising = (values: readonly (number | bigint)[]): boolean => {
  for (let at = 1; at < values.length; at += 1) {
    const before = values[at - 1]
    const value = values[at]
    if (before !== undefined && value !== undefined && before > value) return false
  }
  return true
}

/** The values of a set are of one type. */
const areNumbers = (values: (number | bigint)[]): values is number[] => typeof values[0] === 'number'

/** The ranges of a set, in order. */
export const rangesOf = ({ starts, ends }: RangeSet): readonly Range[] =>
  starts.map((first, at) => ({ first, last: ends[at] ?? first }))

/** The set of all values in any of the sets. */
export const uniteRanges = (sets: readonly RangeSet[]): RangeSet => {
  const one = sets[0] ?? emptyRanges
  if (sets.every((set) => set === one)) return one
  // Thousands of sets of one range each are united for one packet, often by code that runs for the first time.
  const starts: (number | bigint)[] = []
  const ends: (number | bigint)[] = []
  for (let place = 0; place < sets.length; place += 1) {
    const set = sets[place] ?? emptyRanges
    for (let at = 0; at < set.starts.length; at += 1) {
      const start = set.starts[at]
      const end = set.ends[at]
      if (start === undefined || end === undefined) break
      starts.push(start)
      ends.push(end)
    }
  }
  return uniteEnds(starts, ends)
}

/** The set of these values, in any order. */
export const valueSet = (values: readonly (number | bigint)[]): RangeSet => {
  const rising = sorted([...values])
  return uniteRising(rising, rising)
}

/** The set of one value. */
export const singleValue = (value: number | bigint): RangeSet => ({ starts: [value], ends: [value] })

/** Is it the set of one value? */
export const isSingleValue = ({ starts, ends }: RangeSet): boolean =>
  starts.length === 1 && starts[0] === ends[0]

/** Are there no more values than that? */
export const hasFewValues = ({ starts, ends }: RangeSet, most: number): boolean => {
  let count = 0
  for (let at = 0; at < starts.length && count <= most; at += 1)
    count += Number(BigInt(ends[at] ?? 0) - BigInt(starts[at] ?? 0)) + 1
  return count <= most
}

export const isEmptySet = ({ starts }: RangeSet): boolean => starts.length === 0

export const hasValue = ({ starts, ends }: RangeSet, value: number | bigint): boolean => {
  if (starts.length === 1) return (starts[0] ?? value) <= value && value <= (ends[0] ?? value)
  const start = starts[firstEndingFrom(ends.length, (index) => ends[index], value)]
  return start !== undefined && start <= value
}

/** Sets of so few ranges are walked. */
const MOST_WALKED = 8

/** Has the set a value from one up to another? */
export const hasSomeOf = (
  { starts, ends }: RangeSet,
  first: number | bigint,
  last: number | bigint,
): boolean => {
  const count = starts.length
  let from = 0
  if (count > MOST_WALKED) {
    let to = count
    while (from < to) {
      const middle = (from + to) >>> 1
      const end = ends[middle]
      if (end !== undefined && end < first) from = middle + 1
      else to = middle
    }
    const start = starts[from]
    return start !== undefined && start <= last
  }
  for (; from < count; from += 1) {
    const start = starts[from]
    const end = ends[from]
    if (start !== undefined && end !== undefined && start <= last && first <= end) return true
  }
  return false
}

/** The place of the first range that ends at or after a value: those before it have nothing from there on. */
const placeFrom = ({ ends }: RangeSet, value: number | bigint): number => {
  let from = 0
  let to = ends.length
  while (from < to) {
    const middle = (from + to) >>> 1
    const end = ends[middle]
    if (end !== undefined && end < value) from = middle + 1
    else to = middle
  }
  return from
}

/** What both have. All of the first is the first itself. */
export const intersectRanges = (a: RangeSet, b: RangeSet): RangeSet => {
  const aFirst = a.starts[0]
  const bFirst = b.starts[0]
  if (aFirst === undefined || bFirst === undefined) return emptyRanges
  // What is left beside thousands of bans often meets a range that it lies in, or a single address.
  let i = placeFrom(a, bFirst)
  let j = placeFrom(b, aFirst)
  if (isAround(b, j, a)) return a
  const starts: (number | bigint)[] = []
  const ends: (number | bigint)[] = []
  for (;;) {
    const aStart = a.starts[i]
    const aEnd = a.ends[i]
    const bStart = b.starts[j]
    const bEnd = b.ends[j]
    if (aStart === undefined || aEnd === undefined || bStart === undefined || bEnd === undefined) break
    const start = later(aStart, bStart)
    const end = later(aEnd, bEnd) === aEnd ? bEnd : aEnd
    if (start <= end) {
      starts.push(start)
      ends.push(end)
    }
    if (aEnd <= bEnd) i += 1
    if (bEnd <= aEnd) j += 1
  }
  return { starts, ends }
}

/** Has one range of a set all of another set? */
const isAround = (set: RangeSet, place: number, other: RangeSet): boolean => {
  const start = set.starts[place]
  const end = set.ends[place]
  const first = other.starts[0]
  const last = other.ends[other.ends.length - 1]
  if (start === undefined || end === undefined || first === undefined || last === undefined) return false
  return start <= first && last <= end
}

/** Have two sets a value in common? */
export const intersects = (a: RangeSet, b: RangeSet): boolean => {
  const few = a.starts.length < b.starts.length ? a : b
  const many = few === a ? b : a
  for (let at = 0; at < few.starts.length; at += 1) {
    const start = few.starts[at]
    const end = few.ends[at]
    if (start !== undefined && end !== undefined && hasSomeOf(many, start, end)) return true
  }
  return false
}

/**
 * What the first has and the second has not. Nothing taken is the first itself.
 *
 *     from    |--------------|   |----|
 *     taken      |---|  |----------|
 *     left    |-|     |-|           |-|
 */
export const subtractRanges = (from: RangeSet, taken: RangeSet): RangeSet => {
  const firstTaken = taken.starts[0]
  if (firstTaken === undefined) return from
  // A list of thousands of bans has one address taken out, or another.
  const met = placeFrom(from, firstTaken)
  const firstMet = from.starts[met]
  if (firstMet === undefined) return from
  let at = placeFrom(taken, firstMet)
  if (at === taken.ends.length) return from
  const starts = from.starts.slice(0, met)
  const ends = from.ends.slice(0, met)
  for (let index = met; index < from.starts.length; index += 1) {
    const begin = from.starts[index]
    const end = from.ends[index]
    if (begin === undefined || end === undefined) break
    let left = begin
    for (;;) {
      const takenEnd = taken.ends[at]
      if (takenEnd === undefined || takenEnd >= left) break
      at += 1
    }
    for (let next = at; ; next += 1) {
      const takenStart = taken.starts[next]
      const takenEnd = taken.ends[next]
      if (takenStart === undefined || takenEnd === undefined || takenStart > end) break
      if (takenStart > left) {
        starts.push(left)
        ends.push(before(takenStart))
      }
      left = after(takenEnd)
      if (left > end) break
    }
    if (left <= end) {
      starts.push(left)
      ends.push(end)
    }
  }
  return { starts, ends }
}

/** Has the first everything the second has? */
export const includesRanges = (whole: RangeSet, part: RangeSet): boolean =>
  isEmptySet(subtractRanges(part, whole))
