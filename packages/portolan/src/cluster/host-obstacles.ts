import { type BlockObstacle, blockObstacles, type LeaseState, subnetLeases } from '@portolan/core'
import { withoutStaleRoutes } from '@portolan/core/planning'
import type { HostFacts } from '@portolan/netfilter'
import { readConfig } from '../config/read-config.ts'

/** The obstacles of this host for blocks, and sentences about what could not be read. */
export interface HostObstacles {
  readonly avoid: BlockObstacle
  readonly unread: readonly string[]
}

/** Collects the obstacles of this host. @param leases - null: they could not be read */
export const hostObstacles = (facts: HostFacts, leases: LeaseState | null): HostObstacles => {
  const { reserved, allowed } = readConfig()
  // A route of Portolan to a block that its host gave back is no obstacle: the next plan removes the route.
  const avoid = blockObstacles(withoutStaleRoutes(facts, { others: [] }), {
    ...{ reserve: reserved, allow: allowed },
    leases: leases === null ? [] : subnetLeases(leases),
  })
  return { avoid, unread: facts.unread ?? [] }
}
