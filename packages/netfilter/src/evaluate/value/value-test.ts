import type { ValueRange, ValueSet } from '../../model/index.ts'
import { isUnknown, type Reading } from './reading.ts'
import { CHANCE, MAYBE, NO, type Truth, YES } from './truth.ts'

/** Whether a value is in a set. A missing field is in no set. */
export type ValueTest = (reading: Reading) => Truth

/** Beyond this many ranges a binary search beats a walk. */
const FEW = 4

/** Compiles the test for a set: an equality, a walk, or a binary search over sorted ranges. */
export const compileValues = (values: ValueSet): ValueTest => {
  if (values.kind === 'any') return (reading) => (reading === undefined ? NO : YES)
  if (values.kind === 'names') return compileNames(values.names)
  const { ranges } = values
  const [only] = ranges
  const inRanges =
    only !== undefined && ranges.length === 1
      ? inOne(only)
      : ranges.length <= FEW
        ? (value: number | bigint) => ranges.some(({ first, last }) => first <= value && value <= last)
        : inSorted(ranges)
  return (reading) => {
    if (typeof reading === 'number' || typeof reading === 'bigint') return inRanges(reading) ? YES : NO
    return isUnknown(reading) ? unknownIn(reading, ranges) : NO
  }
}

const inOne = ({ first, last }: ValueRange): ((value: number | bigint) => boolean) =>
  first === last ? (value) => value === first : (value) => first <= value && value <= last

/** A binary search. Ranges that people write may overlap, so they are sorted and joined first. */
const inSorted = (ranges: readonly ValueRange[]): ((value: number | bigint) => boolean) => {
  const sorted = ranges.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  const joined: { first: number | bigint; last: number | bigint }[] = []
  for (const { first, last } of sorted) {
    const before = joined.at(-1)
    if (before === undefined || first > before.last) joined.push({ first, last })
    else if (last > before.last) before.last = last
  }
  return (value) => {
    let low = 0
    let high = joined.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const range = joined[middle]
      if (range === undefined || range.last >= value) high = middle
      else low = middle + 1
    }
    const found = joined[low]
    return found !== undefined && found.first <= value
  }
}

const compileNames = (names: readonly { readonly text: string; readonly wildcard: boolean }[]): ValueTest => {
  const exact = new Set(names.filter(({ wildcard }) => !wildcard).map(({ text }) => text))
  const starts = names.filter(({ wildcard }) => wildcard).map(({ text }) => text)
  return (reading) => {
    if (typeof reading === 'string')
      return exact.has(reading) || starts.some((start) => reading.startsWith(start)) ? YES : NO
    return isUnknown(reading) ? MAYBE : NO
  }
}

/** Tests an unknown value. Where its bounds are known, all its values may be in the set, or none. */
const unknownIn = (
  { first, last, random }: Exclude<Reading, undefined | number | bigint | string>,
  ranges: readonly ValueRange[],
): Truth => {
  if (first !== null && last !== null) {
    if (ranges.every((range) => range.last < first || range.first > last)) return NO
    if (ranges.some((range) => range.first <= first && range.last >= last)) return YES
  }
  return random ? CHANCE : MAYBE
}
