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
 * The address map of each family in which a plan has subnets: the pools it picked from, what holds each part, and what
 * it picked.
 * @param settled - pools and ranges, as the plan was made with
 * @param leases - of other projects too; null: no lease store
 * @param blocks - of this host in its cluster, all of which are drawn; null: it is in none
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

/** Those that are tried by default, and those that networks name. */
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

/** A name of a pool is what it is written as, but of those that Portolan makes by itself. */
const knownPool = (name: string) => {
  try {
    return [parsePool(name)]
  } catch {
    return []
  }
}
