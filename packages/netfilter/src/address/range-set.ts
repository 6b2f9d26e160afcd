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
 * Builds a set from the starts and the ends of ranges. Each list is sorted on its own. A gap follows the n-th end when
 * the next start lies beyond it: up to there as many ranges have ended as have begun.
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

/** Shorter lists are sorted directly, without a typed array. */
const FEW = 32

/** Sorts the values in the same list, lowest first. */
const sorted = (values: (number | bigint)[]): readonly (number | bigint)[] => {
  // Ports of a range and allocated addresses usually come in order.
  if (isRising(values)) return values
  if (values.length < FEW || !areNumbers(values)) return values.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  // A typed array sorts without a compare function: five thousand numbers take half the time.
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

/** All values of a set have one type, so the first value tells it. */
const areNumbers = (values: (number | bigint)[]): values is number[] => typeof values[0] === 'number'

/** The ranges of a set, in order. */
export const rangesOf = ({ starts, ends }: RangeSet): readonly Range[] =>
  starts.map((first, at) => ({ first, last: ends[at] ?? first }))

/** The set of all values in any of the sets. */
export const uniteRanges = (sets: readonly RangeSet[]): RangeSet => {
  const one = sets[0] ?? emptyRanges
  if (sets.every((set) => set === one)) return one
  // Plain loops: one packet may unite thousands of sets of one range each, often in code that runs for the first time.
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

/** Whether it is the set of one value. */
export const isSingleValue = ({ starts, ends }: RangeSet): boolean =>
  starts.length === 1 && starts[0] === ends[0]

/** Whether the set has at most `most` values. */
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

/** Up to this many ranges are searched one by one, more ranges by halves. */
const MOST_WALKED = 8

/** Whether the set has a value from `first` to `last`, both included. */
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

/** The index of the first range that ends at or after a value. Earlier ranges have nothing from this value on. */
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

/** The values that both sets have. Where one range of `b` covers all of `a`, the result is `a` itself. */
export const intersectRanges = (a: RangeSet, b: RangeSet): RangeSet => {
  const aFirst = a.starts[0]
  const bFirst = b.starts[0]
  if (aFirst === undefined || bFirst === undefined) return emptyRanges
  // A set cut by thousands of bans often meets a range around it, or a single address. Neither needs a walk of all
  // ranges.
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

/** Whether the range at `place` covers all of the other set. */
const isAround = (set: RangeSet, place: number, other: RangeSet): boolean => {
  const start = set.starts[place]
  const end = set.ends[place]
  const first = other.starts[0]
  const last = other.ends[other.ends.length - 1]
  if (start === undefined || end === undefined || first === undefined || last === undefined) return false
  return start <= first && last <= end
}

/** Whether two sets have a value in common. */
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
 * The values of `from` that `taken` lacks. When `taken` is empty, the result is `from` itself.
 *
 *     from    |--------------|   |----|
 *     taken      |---|  |----------|
 *     left    |-|     |-|           |-|
 */
export const subtractRanges = (from: RangeSet, taken: RangeSet): RangeSet => {
  const firstTaken = taken.starts[0]
  if (firstTaken === undefined) return from
  // Often one address is removed from a list of thousands of bans. The ranges before it are skipped.
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

/** Whether `whole` has every value of `part`. */
export const includesRanges = (whole: RangeSet, part: RangeSet): boolean =>
  isEmptySet(subtractRanges(part, whole))
