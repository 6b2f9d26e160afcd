import {
  commitLeases,
  type Lease,
  type LeaseChange,
  type LeaseState,
  type LeaseStep,
  leaseKey,
} from '@portolan/core'
import { StaleStateError } from '@portolan/netfilter'

/** The leases that a project has, to be leased again. */
export interface LeasesKept {
  /** Subnets come first, because leasing a subnet takes away the addresses outside of it. */
  readonly leases: readonly Lease[]
  /** Keys of subnet leases that the project may overlap, as in the `LeaseProposal` of a plan. */
  readonly tolerated: readonly string[]
}

/** Adds the missing leases of a project to a state, as far as nothing else is in their place. */
export const withKept = (before: LeaseState, { leases, tolerated }: LeasesKept): LeaseStep<null> => {
  let state = before
  const changes: LeaseChange[] = []
  for (const lease of leases) {
    const taken = commitOne(state, lease, tolerated)
    if (taken === null) continue
    state = taken.state
    changes.push(...taken.changes)
  }
  return { state, changes, result: null }
}

/** @returns null: another project has the lease, or part of it, by now */
const commitOne = (state: LeaseState, lease: Lease, tolerated: readonly string[]): LeaseStep<null> | null => {
  try {
    const change = { key: leaseKey(lease), before: null, after: lease }
    return commitLeases(state, { changes: [change], kept: [], tolerated })
  } catch (error) {
    if (error instanceof StaleStateError) return null
    throw error
  }
}
