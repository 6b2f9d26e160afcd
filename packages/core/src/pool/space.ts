import { size4, size6 } from '@portolan/netfilter/analysis'

/**
 * The arithmetic of one family's addresses. IPv4 addresses are numbers, and IPv6 addresses are bigints. Code over a
 * Space is written once for both.
 */
export interface Space<T extends number | bigint> {
  /** The next address. Past the end of the space the result is no address, but still compares correctly. */
  next(value: T): T
  previous(value: T): T
  /** The last address of the prefix of this length that begins at `base`. */
  lastOf(base: T, length: number): T
  /** The first base of a prefix of this length at or after the value. */
  alignUp(value: T, length: number): T
  /** The number of prefixes of this length between two of their bases; rounded above 2 ** 53. */
  count(from: T, to: T, length: number): number
}

/** @see Space */
export const space4: Space<number> = {
  next: (value) => value + 1,
  previous: (value) => value - 1,
  lastOf: (base, length) => base + size4(length) - 1,
  alignUp: (value, length) => {
    const size = size4(length)
    const over = value % size
    return over === 0 ? value : value - over + size
  },
  count: (from, to, length) => (to - from) / size4(length),
}

/** @see Space */
export const space6: Space<bigint> = {
  next: (value) => value + 1n,
  previous: (value) => value - 1n,
  lastOf: (base, length) => base + size6(length) - 1n,
  alignUp: (value, length) => {
    const shift = BigInt(128 - length)
    return -(-value >> shift) << shift
  },
  count: (from, to, length) => Number((to - from) >> BigInt(128 - length)),
}
