import type { ValueRange } from '../../model/index.ts'

/** The addresses of a flow when a rule binds it: those of its connection tracking entry. */
export interface BoundAddresses {
  readonly saddr: number | bigint
  readonly daddr: number | bigint
}

/** The properties of a translation that decide which address of a range is chosen. */
export interface RangeUse {
  readonly isSource: boolean
  /** Whether the choice ignores the destination. */
  readonly isPersistent: boolean
  /** The conntrack zone. */
  readonly zone: number
}

/**
 * The address of a range that the kernel chooses for a flow. It is the same each time for the same client and
 * destination, and computed as on machines with little-endian processors.
 * @see net/netfilter/nf_nat_core.c `find_best_ips_proto`
 */
export const addressOfClient = (
  { first, last }: ValueRange,
  { saddr, daddr }: BoundAddresses,
  { isSource, isPersistent, zone }: RangeUse,
): number | bigint => {
  const [source, bound, low, high] = [saddr, isSource ? saddr : daddr, first, last].map(wordsOf)
  const destination = wordsOf(daddr)
  if (source === undefined || bound === undefined || low === undefined || high === undefined) return first
  const lastWord = destination[destination.length - 1] ?? 0
  let hash = hashOf(source.map(swapped), isPersistent ? 0 : swapped(lastWord) ^ zone)
  const found: number[] = []
  // Once a word of the address is below the end of the range, the further words may be anything.
  let isFree = false
  for (const [at, min] of low.entries()) {
    const max = high[at] ?? 0
    const [start, count] = isFree ? [0, 0xffffffff] : [min, (max - min + 1) >>> 0]
    const word = (start + scaled(hash, count)) >>> 0
    found.push(word)
    if (word !== max) isFree = true
    // In the kernel, a translated destination has by now replaced the one that the client asked for.
    if (!isPersistent) hash = (hash ^ swapped((isSource ? destination[at] : word) ?? 0)) >>> 0
  }
  return typeof first === 'number'
    ? (found[0] ?? first)
    : found.reduce((address, word) => (address << 32n) | BigInt(word), 0n)
}

const wordsOf = (address: number | bigint): readonly number[] =>
  typeof address === 'number'
    ? [address]
    : [96n, 64n, 32n, 0n].map((shift) => Number((address >> shift) & 0xffffffffn))

/** Swaps the bytes of a word: an address lies in memory with its first byte first. */
const swapped = (word: number): number =>
  ((word >>> 24) | ((word >>> 8) & 0xff00) | ((word << 8) & 0xff0000) | (word << 24)) >>> 0

/** include/linux/math.h, `reciprocal_scale` */
const scaled = (value: number, count: number): number => Number((BigInt(value) * BigInt(count)) >> 32n)

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by))

/** include/linux/jhash.h, `jhash2` of the four words of an address. The words that an IPv4 address lacks are 0. */
const hashOf = (words: readonly number[], seed: number): number => {
  const start = 0xdeadbeef + 16 + seed
  let a = (start + (words[0] ?? 0)) | 0
  let b = (start + (words[1] ?? 0)) | 0
  let c = (start + (words[2] ?? 0)) | 0
  a = ((a - c) ^ rotated(c, 4)) | 0
  c = (c + b) | 0
  b = ((b - a) ^ rotated(a, 6)) | 0
  a = (a + c) | 0
  c = ((c - b) ^ rotated(b, 8)) | 0
  b = (b + a) | 0
  a = ((a - c) ^ rotated(c, 16)) | 0
  c = (c + b) | 0
  b = ((b - a) ^ rotated(a, 19)) | 0
  a = (a + c) | 0
  c = ((c - b) ^ rotated(b, 4)) | 0
  b = (b + a) | 0
  a = (a + (words[3] ?? 0)) | 0
  c = ((c ^ b) - rotated(b, 14)) | 0
  a = ((a ^ c) - rotated(c, 11)) | 0
  b = ((b ^ a) - rotated(a, 25)) | 0
  c = ((c ^ b) - rotated(b, 16)) | 0
  a = ((a ^ c) - rotated(c, 4)) | 0
  b = ((b ^ a) - rotated(a, 14)) | 0
  return ((c ^ b) - rotated(b, 24)) >>> 0
}
