import { containsPrefix, type Family, type Prefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import type { PoolEntry } from '../pool/index.ts'
import { blockKey } from './block-key.ts'
import { blocksOf, type ClusterState, type PlacedBlock, revisionOf } from './cluster-state.ts'
import type { SkippedBlocks } from './skipped-blocks.ts'

/** A block to claim, and the revision of its key; 0: there is none yet. */
export interface ChosenBlock {
  readonly prefix: Prefix
  readonly seen: number
}

/** Is it one of the blocks that the pool is cut into? */
export const isBlockOf = (entries: readonly PoolEntry[], block: Prefix): boolean =>
  entries.some(
    ({ prefix, size }) =>
      size === block.length && prefix.length <= block.length && prefixesOverlap(prefix, block),
  )

export const blockCount = ({ prefix, size }: PoolEntry): bigint => 1n << BigInt(size - prefix.length)

/** The block of this number in a pool, which has that many. */
export const blockOfNumber = ({ prefix, size }: PoolEntry, number: bigint): Prefix => {
  const bits = prefix.family === 'ip' ? 32 : 128
  const base = BigInt(prefix.base) + (number << BigInt(bits - size))
  return prefix.family === 'ip'
    ? { family: 'ip', base: Number(base), length: size }
    : { family: 'ip6', base, length: size }
}

/**
 * FNV-1a of 64 bits: hosts that start at different places of a pool seldom ask for the same block.
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
export const hashOf = (text: string): bigint => {
  let hash = 0xcbf29ce484222325n
  // Names of hosts are ASCII.
  for (let at = 0; at < text.length; at += 1)
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n)
  return hash
}

/**
 * The first block without a key, from the place that the host's name gives on, round to where it began. What is in the way
 * of many blocks is passed in one step: a pool of IPv6 has more of them than could be asked about.
 */
const neverUsed = (
  state: ClusterState,
  entry: PoolEntry,
  host: string,
  skipped: SkippedBlocks,
): Prefix | null => {
  const count = blockCount(entry)
  const first = hashOf(host) % count
  for (let step = 0n; step < count; step += 1n) {
    const number = (first + step) % count
    const block = blockOfNumber(entry, number)
    if (state.entries.has(blockKey(block))) continue
    const rejection = skipped.obstacle(block)
    if (rejection === null) return block
    const more = blocksBehind(entry, number, parsePrefix(rejection.overlaps))
    const left = count - step - 1n
    const passed = more < left ? more : left
    skipped.pass(rejection, passed)
    step += passed
  }
  return null
}

/** How many blocks behind this one a prefix covers. */
const blocksBehind = ({ prefix, size }: PoolEntry, number: bigint, wide: Prefix): bigint => {
  if (containsPrefix(wide, prefix)) return blockCount({ prefix, size, gateway: null }) - number - 1n
  if (wide.length >= size) return 0n
  const within = 1n << BigInt(size - wide.length)
  return within - (number % within) - 1n
}

/**
 * The block that a host asks for: one that it had before, or else one that was never used, or else the one that was
 * released the longest time ago, or else the one that expired the longest time ago.
 *
 * @param entries - those of the pools
 * @param before - blocks that it had, as far as it remembers, the most wanted first
 * @param skipped - asked before a block is chosen
 * @returns null: none is free
 */
export const chooseBlock = (
  state: ClusterState,
  entries: readonly PoolEntry[],
  host: string,
  family: Family,
  before: readonly Prefix[],
  skipped: SkippedBlocks,
): ChosenBlock | null => {
  const inFamily = entries.filter(({ prefix }) => prefix.family === family)
  const isOpen = (block: Prefix): boolean => skipped.obstacle(block) === null
  const free = blocksOf(state)
    .filter((block) => block.state !== 'held' && isBlockOf(inFamily, block.prefix))
    .toSorted((one, other) => one.revision - other.revision)
  const remembered = before.find(
    (prefix) =>
      isBlockOf(inFamily, prefix) &&
      (!state.entries.has(blockKey(prefix)) || free.some((block) => isAt(block, prefix))) &&
      isOpen(prefix),
  )
  if (remembered !== undefined) return { prefix: remembered, seen: revisionOf(state, blockKey(remembered)) }
  const had = free.findLast((block) => block.host === host && isOpen(block.prefix))
  if (had !== undefined) return { prefix: had.prefix, seen: had.revision }
  for (const entry of inFamily) {
    const prefix = neverUsed(state, entry, host, skipped)
    if (prefix !== null) return { prefix, seen: 0 }
  }
  const oldest =
    free.find((block) => block.state === 'released' && isOpen(block.prefix)) ??
    free.find((block) => block.state === 'expired' && isOpen(block.prefix))
  return oldest === undefined ? null : { prefix: oldest.prefix, seen: oldest.revision }
}

const isAt = (block: PlacedBlock, prefix: Prefix): boolean => blockKey(block.prefix) === blockKey(prefix)
