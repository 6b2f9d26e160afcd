import { type EndpointMark, type LeaseStore, listLeases, replicaName } from '@portolan/core'

/**
 * Refuses to detach an endpoint when its addresses could not be released: without its interface they would stay leased.
 * Addresses that a plan took stay leased anyway.
 *
 * @param network - the network to leave; null: all networks of the project
 * @throws as `LeaseStore.transact`; nothing has changed then
 */
export const refuseUnwritable = async (
  leases: LeaseStore,
  {
    project,
    network,
    endpoint,
  }: Pick<EndpointMark, 'project' | 'endpoint'> & { readonly network: string | null },
): Promise<void> => {
  const gives = listLeases(await leases.read()).some(
    (lease) =>
      lease.kind === 'address' &&
      lease.released === null &&
      lease.planned !== true &&
      lease.holder.project === project &&
      replicaName(lease.holder) === endpoint &&
      (network === null || lease.on.project === null || lease.on.network === network),
  )
  // The transaction changes nothing, but it opens the store for writing.
  if (gives) await leases.transact((state) => ({ state, changes: [], result: null }))
}
