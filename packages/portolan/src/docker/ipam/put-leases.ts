import {
  findLease,
  type Lease,
  type LeaseChange,
  type LeaseState,
  type LeaseStep,
  withLease,
} from '@portolan/core'

/** Replaces leases, or deletes those given as null. */
export const putLeases = (
  state: LeaseState,
  leases: readonly (readonly [key: string, after: Lease | null])[],
): LeaseStep<null> => {
  let next = state
  const changes: LeaseChange[] = []
  for (const [key, after] of leases) {
    const before = findLease(next, key)
    if (before === null && after === null) continue
    next = withLease(next, key, after)
    changes.push({ key, before, after })
  }
  return { state: next, changes, result: null }
}
