import { type EndpointMark, type LeaseStore, listLeases, replicaName } from '@portolan/core'

/**
 * Refuses to detach an endpoint whose addresses could not be given up: with its interface gone they would stay leased. Those
 * that its plan took stay anyway.
 *
 * @param network - null: on each of the project
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
  // Without a change it writes nothing, but it has the store open for writing.
  if (gives) await leases.transact((state) => ({ state, changes: [], result: null }))
}
