import { type Lease, type LeasedAddress, type LeaseState, listLeases, releaseProject } from '@portolan/core'

/**
 * The leases of a project, without the addresses that it has given up already.
 *
 * @param project - null: every project
 * @internal
 */
export const heldLeases = (state: LeaseState, project: string | null): readonly Lease[] => {
  const left = new Set(listLeases(releaseProject(state, project).state))
  return listLeases(state).filter(
    (lease) => !left.has(lease) && !(lease.kind === 'address' && lease.released !== null),
  )
}

/**
 * The addresses that endpoints of a project gave up, and that no other endpoint has now.
 *
 * @param project - null: of every project
 * @internal
 */
export const givenUpAddresses = (state: LeaseState, project: string | null): readonly LeasedAddress[] =>
  listLeases(state).flatMap((lease) =>
    lease.kind === 'address' &&
    lease.released !== null &&
    (project === null || lease.holder.project === project)
      ? [lease]
      : [],
  )
