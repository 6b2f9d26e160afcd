import {
  bitsOf,
  formatPrefix,
  InvalidRequestError,
  type Prefix,
  prefixesOverlap,
  tryParseAddress,
} from '@portolan/netfilter'
import { parsePool, plainPool } from '../pool/parse-pool.ts'
import type { KeyedBlock } from './block-keys.ts'
import type { BlockRecord } from './block-record.ts'
import { type ClusterPools, checkPools, entriesOf, type NamedEntry } from './cluster-pools.ts'

/** The next pools, and the keys that must be removed before. */
export interface NextPools {
  readonly pools: ClusterPools
  /** Keys of blocks that no host has, and that hinder blocks of another size. They are forgotten. */
  readonly forgotten: readonly KeyedBlock[]
}

/** How to treat blocks that were reclaimed. */
export interface ReclaimedBlocks {
  /** The hosts that lost these blocks are off for good, except those that are alive. */
  readonly areForgotten: boolean
  /** Is the machine alive that has the block, or that it was reclaimed from? */
  readonly isAlive: (block: BlockRecord) => boolean
  /** Writes a command about the cluster. */
  readonly written: (command: string) => string
}

/**
 * The next value of the key of the pools. Blocks of two sizes must never overlap. So a new size is refused where a
 * block of another size has a key. Two kinds of blocks do not count: one that its host gave back, and a reclaimed one
 * that may be forgotten.
 *
 * @param blocks - all blocks that have a key
 * @throws InvalidRequestError for a block in the way
 */
export const nextPools = (
  pools: readonly string[],
  before: ClusterPools | null,
  blocks: readonly KeyedBlock[],
  reclaimed: ReclaimedBlocks,
): NextPools => {
  const plain = pools.map(plainPool)
  const entries = entriesOf(plain)
  const isCutOtherwise = ({ prefix }: KeyedBlock): NamedEntry | undefined =>
    entries.find(({ entry }) => entry.size !== prefix.length && prefixesOverlap(entry.prefix, prefix))
  const forgotten: KeyedBlock[] = []
  for (const block of blocks) {
    const other = isCutOtherwise(block)
    if (other === undefined) continue
    if (!isForgotten(block, reclaimed)) throw inTheWay(other, block, reclaimed)
    forgotten.push(block)
  }
  const kept = blocks.filter((block) => !forgotten.includes(block))
  const isUsed = (pool: string): boolean =>
    entriesOf([pool]).some(({ entry }) => kept.some(({ prefix }) => prefixesOverlap(entry.prefix, prefix)))
  const former = before === null ? [] : [...before.pools, ...before.former]
  const left = [...new Set(former)].filter((pool) => !plain.includes(pool) && isUsed(pool))
  return { pools: { pools: plain, former: left }, forgotten }
}

const isForgotten = ({ record }: KeyedBlock, { areForgotten, isAlive }: ReclaimedBlocks): boolean =>
  record?.state === 'released' || (record?.state === 'expired' && areForgotten && !isAlive(record))

/**
 * Checks pools that are asked for. The rules for new pools do not apply to present ones, which earlier versions
 * accepted.
 * @throws InvalidRequestError for pools that are invalid or useless
 */
export const checkNewPools = (pools: readonly string[], before: ClusterPools | null): void => {
  checkPools(pools)
  const known = [...(before?.pools ?? []), ...(before?.written ?? [])]
  for (const one of entriesOf(pools)) if (!known.includes(one.name)) checkNew(one)
}

const checkNew = ({ name, entry: { prefix, size } }: NamedEntry): void => {
  if (tryParseAddress(name.slice(0, name.indexOf('/')))?.value !== prefix.base)
    throw new InvalidRequestError(
      `the pool ${name} has bits beyond /${prefix.length}, so it is not clear which addresses are meant: write ${formatPrefix(prefix)}:${size} for the pool that this address is in.`,
    )
  parsePool(name)
  const smallest = bitsOf(prefix) - 1
  if (size > smallest)
    throw new InvalidRequestError(
      `the pool ${name} cuts addresses into blocks of one address, which the gateway of a network takes, so no container fits into one: the smallest blocks that hold a container are /${smallest}, and /${usual(prefix)} is usual.`,
    )
}

const usual = ({ family }: Prefix): number => (family === 'ip' ? 24 : 64)

const inTheWay = (
  { name, entry }: NamedEntry,
  { prefix, record }: KeyedBlock,
  { isAlive, written }: ReclaimedBlocks,
): InvalidRequestError => {
  const block = formatPrefix(prefix)
  const keep = `Keep /${prefix.length} there, or name a pool with other addresses.`
  const [what, way] =
    record === null
      ? [`another program wrote a key for block ${block}`, keep]
      : record.state === 'held'
        ? [
            `host ${record.host} holds block ${block}`,
            `Give it back there first: \`${written('portolan cluster release')}\`. ${isAlive(record) ? '' : `If that host is off for good, take it with \`${written(`portolan cluster reclaim --member ${record.host}`)}\`, and run this again with --force, which forgets the block. `}Or keep /${prefix.length} there, or name a pool with other addresses.`,
          ]
        : [
            `block ${block} was reclaimed from host ${record.host}, which ${isAlive(record) ? 'is alive' : 'may still use it'}`,
            `If that host runs, give the block back there: \`${written('portolan cluster join')}\`, then \`${written('portolan cluster release')}\`. ${isAlive(record) ? '' : 'If it is off for good, run this again with --force, which forgets the block. '}Or keep /${prefix.length} there, or name a pool with other addresses.`,
          ]
  return new InvalidRequestError(
    `the pool ${name} cuts addresses into /${entry.size}, and ${what}: a block of each size could overlap. ${way}`,
  )
}
