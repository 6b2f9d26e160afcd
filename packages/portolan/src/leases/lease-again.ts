import {
  commitLeases,
  type Lease,
  type LeaseChange,
  type LeaseState,
  type LeaseStep,
  leaseKey,
} from '@portolan/core'
import { StaleStateError } from '@portolan/netfilter'

/** Leases that a project has. */
export interface LeasesKept {
  /** Subnets first: one that is leased takes the addresses outside of it away. */
  readonly leases: readonly Lease[]
  /** As in the plan's `LeaseProposal`. */
  readonly tolerated: readonly string[]
}

/** Leases with those that a project has and that are missing there, as far as nothing else is in their place. */
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

/** @returns null: another project has it, or part of it, by now */
const commitOne = (state: LeaseState, lease: Lease, tolerated: readonly string[]): LeaseStep<null> | null => {
  try {
    const change = { key: leaseKey(lease), before: null, after: lease }
    return commitLeases(state, { changes: [change], kept: [], tolerated })
  } catch (error) {
    if (error instanceof StaleStateError) return null
    throw error
  }
}
