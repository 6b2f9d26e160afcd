import { type BlockObstacle, blockObstacles, type LeaseState, subnetLeases } from '@portolan/core'
import { readHost } from '@portolan/host'
import { readConfig } from '../config/read-config.ts'

/** What of this host is in the way of blocks, and what of it could not be read. */
export interface HostObstacles {
  readonly avoid: BlockObstacle
  readonly unread: readonly string[]
}

/** @param leases - null: they could not be read */
export const hostObstacles = async (leases: LeaseState | null): Promise<HostObstacles> => {
  const { reserved, allowed } = readConfig()
  const facts = await readHost()
  const avoid = blockObstacles(facts, {
    ...{ reserve: reserved, allow: allowed },
    leases: leases === null ? [] : subnetLeases(leases),
  })
  return { avoid, unread: facts.unread ?? [] }
}
