import {
  blockPools,
  type Config,
  defaultPools,
  emptyConfig,
  type HeldBlocks,
  type Pool,
  type PoolInput,
  parsePool,
} from '@portolan/core'
import { type Family, families } from '@portolan/netfilter'
import { poolsBeside } from './plan-input.ts'

/** What says where subnets are picked. */
export interface PoolSource {
  /** Those that the caller names: nothing else counts. */
  readonly pools?: readonly PoolInput[]
  readonly config?: Config
}

const has = (pool: Pool, family: Family): boolean =>
  pool.entries.some(({ prefix }) => prefix.family === family)

/**
 * The pools that the subnets of a family come from, for what shows or counts them: those that are named; else the blocks
 * of this host in its cluster, with those that it gives back; else what is settled once for all, or the default.
 */
export const poolsInUse = (
  family: Family,
  { pools, config = emptyConfig }: PoolSource,
  blocks: HeldBlocks | null,
): readonly Pool[] => {
  if (pools !== undefined) return pools.map(parsePool).filter((pool) => has(pool, family))
  const own = blocks === null ? null : blockPools({ ...blocks, leaving: [] }, family)
  if (own !== null) return own
  const settled = (poolsBeside(blocks, config) ?? []).filter((pool) => has(pool, family))
  return settled.length === 0 && family === 'ip' ? defaultPools : settled
}

/** The same of both families. */
export const allPoolsInUse = (source: PoolSource, blocks: HeldBlocks | null): readonly Pool[] =>
  families.flatMap((family) => poolsInUse(family, source, blocks))
