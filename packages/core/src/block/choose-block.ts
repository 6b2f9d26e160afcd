import { containsPrefix, type Family, type Prefix, parsePrefix, prefixesOverlap } from '@portolan/netfilter'
import type { PoolEntry } from '../pool/index.ts'
import { blockKey } from './block-key.ts'
import { blocksOf, type ClusterState, type PlacedBlock, revisionOf } from './cluster-state.ts'
import type { SkippedBlocks } from './skipped-blocks.ts'

/** A block to claim, with the revision of its key; 0: it has no key yet. */
export interface ChosenBlock {
  readonly prefix: Prefix
  readonly seen: number
}

/** Is this one of the blocks that the pools are cut into? */
export const isBlockOf = (entries: readonly PoolEntry[], block: Prefix): boolean =>
  entries.some(
    ({ prefix, size }) =>
      size === block.length && prefix.length <= block.length && prefixesOverlap(prefix, block),
  )

export const blockCount = ({ prefix, size }: PoolEntry): bigint => 1n << BigInt(size - prefix.length)

/** The block with this number in a pool. The number must be below the pool's number of blocks. */
export const blockOfNumber = ({ prefix, size }: PoolEntry, number: bigint): Prefix => {
  const bits = prefix.family === 'ip' ? 32 : 128
  const base = BigInt(prefix.base) + (number << BigInt(bits - size))
  return prefix.family === 'ip'
    ? { family: 'ip', base: Number(base), length: size }
    : { family: 'ip6', base, length: size }
}

/**
 * FNV-1a of 64 bits. Hosts start at different places of a pool, so two hosts seldom ask for the same block.
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
export const hashOf = (text: string): bigint => {
  let hash = 0xcbf29ce484222325n
  // Names of hosts are ASCII, so a character code is one byte.
  for (let at = 0; at < text.length; at += 1)
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n)
  return hash
}

/**
 * Finds the first block without a key. The search starts at the place that the host's name gives, and goes round the
 * whole pool. An obstacle that covers many blocks is passed in one step, because an IPv6 pool has too many blocks to
 * check each.
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

/** The number of blocks after this one that a prefix covers. */
const blocksBehind = ({ prefix, size }: PoolEntry, number: bigint, wide: Prefix): bigint => {
  if (containsPrefix(wide, prefix)) return blockCount({ prefix, size, gateway: null }) - number - 1n
  if (wide.length >= size) return 0n
  const within = 1n << BigInt(size - wide.length)
  return within - (number % within) - 1n
}

/**
 * Chooses the block that a host asks for: one that it had before, or else one that was never used, or else the one
 * released longest ago, or else the one expired longest ago.
 *
 * @param entries - the prefixes of the pools
 * @param before - blocks that the host remembers, the most wanted first
 * @param skipped - is asked about each block before it is chosen
 * @returns null: no block is free
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
