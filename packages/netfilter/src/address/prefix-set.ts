import type { Address } from './address.ts'
import { firstAddress, lastAddress, type Prefix } from './prefix.ts'

/**
 * Inclusive ranges of one family, sorted and disjoint, as two parallel lists:
 *
 *     starts[0]   ends[0]   starts[1] ends[1]
 *         |----------|          |--------|
 *
 * @public @since 0.1.0
 */
export interface Ranges<T extends number | bigint> {
  readonly starts: readonly T[]
  readonly ends: readonly T[]
}

/**
 * A set of addresses, made from prefixes and searched by halves.
 * @public @since 0.1.0
 */
export interface PrefixSet {
  readonly ip: Ranges<number>
  readonly ip6: Ranges<bigint>
}

/**
 * The index of the first range that ends at or after the value; `length` when there is none. Only this range can
 * contain the value, and no earlier range can touch a range that begins at the value.
 *
 * @param endAt - the end of the range at an index, rising
 * @param from - no range before this index ends at or after the value
 */
export const firstEndingFrom = <T extends number | bigint>(
  length: number,
  endAt: (index: number) => T | undefined,
  value: T,
  from: number = 0,
): number => {
  if (length === 0) return 0
  // First fit mostly asks for a value behind all ranges, or for the range of its last search. Both need no search.
  const last = endAt(length - 1)
  if (last === undefined || last < value) return length
  const first = endAt(from)
  if (first !== undefined && first >= value) return from
  let low = from
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    const end = endAt(middle)
    if (end !== undefined && end < value) low = middle + 1
    else high = middle
  }
  return low
}

/** Sorts the ranges and merges nested, overlapping and adjacent ones. */
const disjoint = <T extends number | bigint>(
  ranges: { readonly start: T; readonly end: T }[],
  next: (value: T) => T,
): Ranges<T> => {
  ranges.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : a.end > b.end ? -1 : 1))
  const starts: T[] = []
  const ends: T[] = []
  for (const { start, end } of ranges) {
    const reached = ends.at(-1)
    if (reached === undefined || start > next(reached)) {
      starts.push(start)
      ends.push(end)
    } else if (end > reached) {
      ends[ends.length - 1] = end
    }
  }
  return { starts, ends }
}

/**
 * The set of all addresses in any of the prefixes.
 *
 * @example
 * hasAddress(prefixSet([parsePrefix('10.0.0.0/8')]), parseAddress('10.1.2.3')) // true
 * @public @since 0.1.0
 */
export const prefixSet = (prefixes: Iterable<Prefix>): PrefixSet => {
  const ip: { start: number; end: number }[] = []
  const ip6: { start: bigint; end: bigint }[] = []
  for (const prefix of prefixes) {
    const last = lastAddress(prefix)
    if (prefix.family === 'ip' && last.family === 'ip') ip.push({ start: prefix.base, end: last.value })
    if (prefix.family === 'ip6' && last.family === 'ip6') ip6.push({ start: prefix.base, end: last.value })
  }
  return {
    ip: disjoint(ip, (value) => value + 1),
    ip6: disjoint(ip6, (value) => value + 1n),
  }
}

const touches = <T extends number | bigint>(ranges: Ranges<T>, start: T, end: T): boolean => {
  const at = firstEndingFrom(ranges.ends.length, (index) => ranges.ends[index], start)
  const begins = ranges.starts[at]
  return begins !== undefined && begins <= end
}

/**
 * Whether the set has the address.
 * @public @since 0.1.0
 */
export const hasAddress = (set: PrefixSet, address: Address): boolean =>
  address.family === 'ip'
    ? touches(set.ip, address.value, address.value)
    : touches(set.ip6, address.value, address.value)

/**
 * Whether the prefix and the set have an address in common.
 * @public @since 0.1.0
 */
export const overlapsSet = (set: PrefixSet, prefix: Prefix): boolean => {
  const first = firstAddress(prefix)
  const last = lastAddress(prefix)
  if (first.family === 'ip') return last.family === 'ip' && touches(set.ip, first.value, last.value)
  return last.family === 'ip6' && touches(set.ip6, first.value, last.value)
}
