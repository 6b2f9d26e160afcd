import { isDeepStrictEqual } from 'node:util'
import {
  acquireSubnet,
  type LeaseChange,
  type LeaseStore,
  leasedSubnets,
  leaseKey,
  releaseLease,
} from '@portolan/core'
import { heldOn } from '../attachments/held-addresses.ts'
import { parentedLeases } from './kept-parented.ts'

/** The leases of a parented network: its subnets, and the keys of the addresses held there. */
export interface ParentedState {
  readonly subnets: ReturnType<typeof parentedLeases>
  readonly held: ReadonlySet<string>
}

/** Reads the leases of a parented network. */
export const readParented = async (
  leases: LeaseStore,
  { project, network }: { readonly project: string; readonly network: string },
): Promise<ParentedState> => {
  const state = await leases.read()
  return {
    subnets: parentedLeases(state, project, network),
    held: new Set(heldOn(state, { project, network }).map(leaseKey)),
  }
}

/**
 * Restores the leases of a parented network after work that failed. When another program has changed the network or
 * attached to it meanwhile, it stays.
 */
export const putParentedBack = async (
  leases: LeaseStore,
  network: { readonly project: string; readonly network: string },
  before: ParentedState,
  after: ParentedState,
): Promise<void> => {
  if (isDeepStrictEqual(before.subnets, after.subnets)) return
  await leases.transact((found) => {
    const isSame = isDeepStrictEqual(parentedLeases(found, network.project, network.network), after.subnets)
    const hasMore = heldOn(found, network).some((lease) => !before.held.has(leaseKey(lease)))
    if (!isSame || hasMore) return { state: found, changes: [], result: null }
    let state = found
    const changes: LeaseChange[] = []
    const kept = new Set(before.subnets.map(leaseKey))
    for (const lease of after.subnets) {
      if (kept.has(leaseKey(lease))) continue
      const step = releaseLease(state, leaseKey(lease))
      state = step.state
      changes.push(...step.changes)
    }
    for (const lease of before.subnets) {
      const step = acquireSubnet(state, lease, { tolerate: leasedSubnets(state).map(leaseKey) })
      state = step.state
      changes.push(...step.changes)
    }
    return { state, changes, result: null }
  })
}
