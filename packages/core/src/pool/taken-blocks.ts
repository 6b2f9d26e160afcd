import type { Prefix } from '@portolan/netfilter'
import { firstEndingFrom } from '@portolan/netfilter/analysis'
import type { Blocks } from './blocks.ts'
import type { Space } from './space.ts'

/**
 * The blocks that a plan has given out so far. They are stored in columns: there may be 65,536 of them, and few are
 * ever in the way of a candidate.
 */
export interface TakenBlocks<T extends number | bigint> {
  readonly space: Space<T>
  readonly starts: T[]
  readonly lengths: Uint8Array
  readonly networks: string[]
  count: number
}

/**
 * Starts without any block.
 *
 * @param most - the number of blocks that may come; columns that grow would be copied many times over
 */
export const noBlocks = <T extends number | bigint>(space: Space<T>, most: number): TakenBlocks<T> => ({
  space,
  starts: new Array<T>(most),
  lengths: new Uint8Array(most),
  networks: new Array<string>(most),
  count: 0,
})

const endAt = <T extends number | bigint>(
  { space, starts, lengths }: TakenBlocks<T>,
  index: number,
): T | undefined => {
  const start = starts[index]
  const length = lengths[index]
  return start === undefined || length === undefined ? undefined : space.lastOf(start, length)
}

/** A live view of the blocks: it shows those taken so far, whenever it is read. */
export const takenBlocks = <T extends number | bigint>(
  taken: TakenBlocks<T>,
  toPrefix: (base: T, length: number) => Prefix,
): Blocks<T> => {
  const { starts, lengths, networks } = taken
  return {
    get length() {
      return taken.count
    },
    startAt: (index) => starts[index],
    endAt: (index) => endAt(taken, index),
    ownerAt: (index) => {
      const base = starts[index]
      const length = lengths[index]
      const network = networks[index]
      if (base === undefined || length === undefined || network === undefined) return undefined
      return { kind: 'own', prefix: toPrefix(base, length), network }
    },
  }
}

const put = <T extends number | bigint>(
  { starts, lengths, networks }: TakenBlocks<T>,
  index: number,
  start: T,
  length: number,
  network: string,
): void => {
  starts[index] = start
  lengths[index] = length
  networks[index] = network
}

/** Adds a range that does not come last: inside an old one, around old ones, or between them. */
const insert = <T extends number | bigint>(
  taken: TakenBlocks<T>,
  start: T,
  length: number,
  network: string,
): void => {
  const { space, starts, lengths, networks } = taken
  const from = firstEndingFrom(taken.count, (index) => endAt(taken, index), start)
  const end = space.lastOf(start, length)
  const [begins, ends] = [starts[from], endAt(taken, from)]
  // Both ends are compared: a range that begins at the same address may be smaller.
  if (begins !== undefined && ends !== undefined && begins <= start && ends >= end) return
  let to = from
  while (to < taken.count && (starts[to] ?? end) <= end) to += 1
  // The later blocks move up by one place, or close the gap of the blocks inside the new one.
  starts.copyWithin(from + 1, to, taken.count)
  lengths.copyWithin(from + 1, to, taken.count)
  networks.copyWithin(from + 1, to, taken.count)
  taken.count += from + 1 - to
  put(taken, from, start, length, network)
}

/**
 * Adds a prefix, and keeps the ranges sorted and disjoint. Two prefixes are nested or apart. First fit mostly adds at
 * the end.
 */
export const take = <T extends number | bigint>(
  taken: TakenBlocks<T>,
  start: T,
  length: number,
  network: string,
): void => {
  const last = endAt(taken, taken.count - 1)
  if (last !== undefined && last >= start) {
    insert(taken, start, length, network)
    return
  }
  put(taken, taken.count, start, length, network)
  taken.count += 1
}

/** Adds a subnet of either family. */
export const takeSubnet = (
  { ip, ip6 }: { readonly ip: TakenBlocks<number>; readonly ip6: TakenBlocks<bigint> },
  prefix: Prefix,
  network: string,
): void => {
  if (prefix.family === 'ip') take(ip, prefix.base, prefix.length, network)
  else take(ip6, prefix.base, prefix.length, network)
}
