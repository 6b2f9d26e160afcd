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

/** The sources of pools for subnets. */
export interface PoolSource {
  /** The pools that the caller names. With them, nothing else counts. */
  readonly pools?: readonly PoolInput[]
  readonly config?: Config
}

const has = (pool: Pool, family: Family): boolean =>
  pool.entries.some(({ prefix }) => prefix.family === family)

/**
 * The pools from which the subnets of a family come, for displays and counts. Named pools come first, then the blocks
 * of this host in its cluster, including those it gives back, then the pools of the config or the default.
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

/** The pools in use in both families. */
export const allPoolsInUse = (source: PoolSource, blocks: HeldBlocks | null): readonly Pool[] =>
  families.flatMap((family) => poolsInUse(family, source, blocks))
