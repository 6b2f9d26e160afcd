import type { Prefix } from '../address/index.ts'
import { firstEndingFrom } from '../address/prefix-set.ts'
import type { Blocks } from './blocks.ts'

/**
 * What a plan has given out so far: blocks that grow. In columns, because there may be 65,536 of them, and few are
 * ever in the way of anything.
 */
export interface TakenBlocks<T extends number | bigint> {
  readonly starts: T[]
  readonly ends: T[]
  readonly lengths: number[]
  readonly networks: string[]
}

/** Nothing yet. */
export const noBlocks = <T extends number | bigint>(): TakenBlocks<T> => ({
  starts: [],
  ends: [],
  lengths: [],
  networks: [],
})

/** The blocks as they are whenever they are asked. */
export const takenBlocks = <T extends number | bigint>(
  { starts, ends, lengths, networks }: TakenBlocks<T>,
  toPrefix: (base: T, length: number) => Prefix,
): Blocks<T> => ({
  get length() {
    return ends.length
  },
  startAt: (index) => starts[index],
  endAt: (index) => ends[index],
  ownerAt: (index) => {
    const base = starts[index]
    const length = lengths[index]
    const network = networks[index]
    if (base === undefined || length === undefined || network === undefined) return undefined
    return { kind: 'own', prefix: toPrefix(base, length), network }
  },
})

/**
 * Adds a prefix, keeping the ranges sorted and disjoint. Prefixes are nested or apart, so the new one is inside
 * an old one, around some, or apart from all. First fit mostly adds at the end.
 */
export const take = <T extends number | bigint>(
  { starts, ends, lengths, networks }: TakenBlocks<T>,
  start: T,
  end: T,
  length: number,
  network: string,
): void => {
  const from = firstEndingFrom(ends.length, (index) => ends[index], start)
  if (from === ends.length) {
    starts.push(start)
    ends.push(end)
    lengths.push(length)
    networks.push(network)
    return
  }
  const begins = starts[from]
  const reaches = ends[from]
  // Both ends: one that begins at the same address may be the smaller of the two.
  if (begins !== undefined && reaches !== undefined && begins <= start && reaches >= end) return
  let to = from
  for (let inner = begins; inner !== undefined && inner <= end; inner = starts[to]) to += 1
  starts.splice(from, to - from, start)
  ends.splice(from, to - from, end)
  lengths.splice(from, to - from, length)
  networks.splice(from, to - from, network)
}
