import {
  formatPrefix,
  InvalidRequestError,
  type Prefix,
  prefixesOverlap,
  tryParseAddress,
} from '@portolan/netfilter'
import { type Pool, type PoolEntry, parsePool } from '../pool/index.ts'

/** What the key of the pools holds. */
export interface ClusterPools {
  /** Where blocks are claimed, in this order, as `parsePool` reads them. */
  readonly pools: readonly string[]
  /** Pools of before. What they cover keeps its block size for good: an old block and a new one could overlap otherwise. */
  readonly former: readonly string[]
}

const entriesOf = (
  pools: readonly string[],
): readonly { readonly name: string; readonly entry: PoolEntry }[] =>
  pools.map(parsePool).flatMap(({ name, entries }: Pool) => entries.map((entry) => ({ name, entry })))

/** The prefixes that blocks are claimed from, in order. */
export const poolEntries = ({ pools }: ClusterPools): readonly PoolEntry[] =>
  entriesOf(pools).map(({ entry }) => entry)

/**
 * @throws InvalidRequestError for pools that are none, that overlap one another, or that would cut addresses into blocks
 * of another size than before
 */
export const checkPools = (pools: readonly string[], before: ClusterPools | null): void => {
  if (pools.length === 0)
    throw new InvalidRequestError(
      'a cluster needs at least one pool: name one with the size of its blocks, such as 10.64.0.0/12:24.',
    )
  const entries = entriesOf(pools)
  for (const [at, { name, entry }] of entries.entries()) {
    if (entry.gateway !== null || pools.includes('docker'))
      throw new InvalidRequestError(
        `the pool ${name} has subnets of several sizes, and blocks of a cluster have one size: name a prefix and the size of its blocks, such as 10.64.0.0/12:24.`,
      )
    const twice = entries.slice(0, at).find((other) => prefixesOverlap(other.entry.prefix, entry.prefix))
    if (twice !== undefined)
      throw new InvalidRequestError(
        `the pools ${twice.name} and ${name} overlap, so one address could be in two blocks: name pools that have no address in common.`,
      )
  }
  for (const old of entriesOf(before === null ? [] : [...before.pools, ...before.former])) {
    const other = entries.find(
      ({ entry }) => prefixesOverlap(entry.prefix, old.entry.prefix) && entry.size !== old.entry.size,
    )
    if (other !== undefined)
      throw new InvalidRequestError(
        `the pool ${other.name} cuts addresses into /${other.entry.size}, and the pool ${old.name} has cut them into /${old.entry.size}: a block of each could overlap. Keep /${old.entry.size} there, or name a pool with other addresses.`,
      )
  }
}

/** @throws InvalidRequestError as `checkPools` does, and for a pool with host bits: it was most likely mistyped */
export const nextPools = (pools: readonly string[], before: ClusterPools | null): ClusterPools => {
  checkPools(pools, before)
  // Not of those that are there: earlier versions took them.
  for (const { name, entry } of entriesOf(pools)) {
    const meant = `${formatPrefix(entry.prefix)}:${entry.size}`
    if (!isWrittenSo(name, entry.prefix) && before?.pools.includes(name) !== true)
      throw new InvalidRequestError(
        `the pool ${name} has bits beyond /${entry.prefix.length}, so it is not clear which addresses are meant: write ${meant} for the pool that this address is in.`,
      )
  }
  const former = before === null ? [] : [...before.pools, ...before.former]
  return { pools, former: [...new Set(former)].filter((pool) => !pools.includes(pool)) }
}

const isWrittenSo = (pool: string, prefix: Prefix): boolean =>
  tryParseAddress(pool.slice(0, pool.indexOf('/')))?.value === prefix.base

const areTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

/** Null for a value that no version of Portolan wrote. */
export const parseClusterPools = (text: string): ClusterPools | null => {
  try {
    const { pools, former } = JSON.parse(text) as Readonly<Record<string, unknown>>
    if (!areTexts(pools) || !areTexts(former)) return null
    checkPools(pools, null)
    return { pools, former }
  } catch {
    return null
  }
}

export const formatClusterPools = ({ pools, former }: ClusterPools): string =>
  JSON.stringify({ pools, former })
