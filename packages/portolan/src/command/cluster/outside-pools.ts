import { blockPools, defaultPools, type HeldBlocks, parsePool, ulaPool } from '@portolan/core'
import { readMachineId } from '@portolan/host'
import type { Family } from '@portolan/netfilter'

/**
 * The pools to name where a network moves out of a cluster that is named and that this host has left: it has no block there,
 * and no pool that is settled otherwise counts beside the cluster's.
 *
 * @param settled - those of config.yaml
 * @returns null: this host is in that cluster, or has never been
 */
export const outsidePools = (held: HeldBlocks, settled: readonly string[]): OutsidePools | null => {
  if (held.left !== true) return null
  const of = (family: Family): readonly string[] => {
    if (blockPools(held, family) === null) return []
    const own = settled.filter((pool) => isOf(pool, family))
    return own.length > 0 ? own : usual[family]()
  }
  return { ip: of('ip'), ip6: of('ip6') }
}

/** Pools outside a cluster, of each family that the cluster has addresses of. */
export type OutsidePools = Readonly<Record<Family, readonly string[]>>

const isOf = (pool: string, family: Family): boolean =>
  parsePool(pool).entries.some(({ prefix }) => prefix.family === family)

/** What is picked from where nothing names a pool, and no cluster. */
const usual: Readonly<Record<Family, () => readonly string[]>> = {
  ip: () => defaultPools.map(({ name }) => name),
  ip6: () => [ulaPool(machineId()).name],
}

const machineId = (): string => {
  try {
    return readMachineId()
  } catch {
    return ''
  }
}
