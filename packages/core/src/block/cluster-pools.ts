import { InvalidRequestError, prefixesOverlap } from '@portolan/netfilter'
import { checkTexts } from '@portolan/netfilter/schema'
import type { PoolEntry } from '../pool/index.ts'
import { plainPool, readPool } from '../pool/parse-pool.ts'

/** The value of the key of the pools. */
export interface ClusterPools {
  /** The pools in which blocks are claimed, in this order, in the form that `parsePool` reads, without host bits. */
  readonly pools: readonly string[]
  /** Earlier pools in which blocks still have keys. */
  readonly former: readonly string[]
  /** `pools` as the key holds them: earlier versions stored the text as it was typed. */
  readonly written?: readonly string[]
}

/** A prefix of a pool, with the name of the pool. */
export interface NamedEntry {
  readonly name: string
  readonly entry: PoolEntry
}

export const entriesOf = (pools: readonly string[]): readonly NamedEntry[] =>
  pools.flatMap((pool) => {
    const { name, entries } = readPool(pool)
    return entries.map((entry) => ({ name, entry }))
  })

/** The prefixes in which blocks are claimed, in order. */
export const poolEntries = ({ pools }: Pick<ClusterPools, 'pools'>): readonly PoolEntry[] =>
  entriesOf(pools).map(({ entry }) => entry)

/** @throws InvalidRequestError for invalid pools, pools with subnets of several sizes, or pools that overlap */
export const checkPools = (pools: readonly string[]): void => {
  checkTexts(pools, 'pools')
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
}

const areTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

/** Reads the value of the key of the pools; null: no version of Portolan wrote it. */
export const parseClusterPools = (text: string): ClusterPools | null => {
  try {
    const { pools, former } = JSON.parse(text) as Readonly<Record<string, unknown>>
    if (!areTexts(pools) || !areTexts(former)) return null
    checkPools(pools)
    return { pools: pools.map(plainPool), former: former.map(plainPool), written: pools }
  } catch {
    return null
  }
}

export const formatClusterPools = ({ pools, former }: ClusterPools): string =>
  JSON.stringify({ pools, former })
