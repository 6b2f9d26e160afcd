import { blockPools, defaultPools, type HeldBlocks, parsePool, ulaPool } from '@portolan/core'
import { readMachineId } from '@portolan/host'
import type { Family } from '@portolan/netfilter'

/**
 * The pools to name when a network moves out of a named cluster that this host has left. This host has no block there.
 * Pools that are settled otherwise do not count beside those of the cluster.
 *
 * @param settled - the pools of config.yaml
 * @returns null: this host is in that cluster, or has never been
 */
export const outsidePools = (held: HeldBlocks, settled: readonly string[]): OutsidePools | null => {
  if (held.left !== true) return null
  const of = (family: Family): readonly string[] => {
    if (blockPools(held, family) === null) return []
    const own = settled.filter((pool) => hasFamily(pool, family))
    return own.length > 0 ? own : usual[family]()
  }
  return { ip: of('ip'), ip6: of('ip6') }
}

/** Pools outside a cluster, for each family in which the cluster has addresses. */
export type OutsidePools = Readonly<Record<Family, readonly string[]>>

const hasFamily = (pool: string, family: Family): boolean =>
  parsePool(pool).entries.some(({ prefix }) => prefix.family === family)

/** The pools from which subnets are picked where nothing names a pool or a cluster. */
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
