import { type Lease, type LeaseState, listLeases, releaseProject } from '@portolan/core'

/**
 * What a project has leased, without the addresses that it has given up already.
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
