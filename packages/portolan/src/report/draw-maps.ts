import {
  blockPools,
  type Config,
  type HeldBlocks,
  type LeaseState,
  mapAddresses,
  type Pool,
  parsePool,
  subnetLeases,
} from '@portolan/core'
import { type Family, families } from '@portolan/netfilter'
import { drawAddressMapInPage, drawnCells } from '../picture/draw-address-map.ts'
import type { Plan } from '../plan/plan.ts'
import { poolsInUse } from '../plan/pools-in-use.ts'

/**
 * Draws the address map of each family in which a plan has subnets: the pools, what holds each part of them, and the
 * picked subnets.
 * @param settled - the pools and ranges with which the plan was made
 * @param leases - the leases of all projects; null: there is no lease store
 * @param blocks - the blocks of this host in its cluster, all of which are drawn; null: it is in none
 */
export const drawMaps = (
  { subnets, observed }: Plan,
  settled: Config,
  leases: LeaseState | null,
  blocks: HeldBlocks | null,
): readonly string[] => {
  const drawn = families.flatMap((family) => {
    const picked = subnets.filter((one) => one.family === family)
    if (picked.length === 0) return []
    return mapAddresses(observed.facts, {
      ...{ family, size: null, asked: picked.length, subnets: picked, rejected: [], cells: drawnCells },
      pools: poolsOf(family, settled, picked, blocks),
      options: {
        reserve: settled.reserved,
        allow: settled.allowed,
        blocks,
        leases: leases === null ? [] : subnetLeases(leases),
      },
    })
  })
  return drawn.filter(({ rows }) => rows.length > 0).map((map, place) => drawAddressMapInPage(map, place > 0))
}

/**
 * The pools to draw: the default pools that have a picked subnet, or else all default pools; and the other pools that
 * networks name. In a cluster, all default pools are drawn.
 */
const poolsOf = (
  family: Family,
  settled: Config,
  picked: Plan['subnets'],
  blocks: HeldBlocks | null,
): readonly Pool[] => {
  const named = [...new Set(picked.flatMap(({ pool }) => pool ?? []))]
  const usual = poolsInUse(family, { config: settled }, blocks)
  const isOwn = blocks !== null && blockPools(blocks, family) !== null
  const touched = usual.filter(({ name }) => isOwn || named.includes(name))
  const others = named.filter((name) => !usual.some((pool) => pool.name === name))
  return [...(touched.length === 0 ? usual : touched), ...others.flatMap((name) => knownPool(name))]
}

/**
 * Parses the name of a pool. The name is the text that defines the pool, except of a pool that Portolan makes by
 * itself. Such a pool is left out.
 */
const knownPool = (name: string) => {
  try {
    return [parsePool(name)]
  } catch {
    return []
  }
}
