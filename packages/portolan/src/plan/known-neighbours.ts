import type { ClusterNeighbours } from '@portolan/core'
import { defaultStateDirectory, readNeighbours } from '@portolan/host'
import { PermissionError } from '@portolan/netfilter'
import type { LeaseOptions } from '../leases/with-lease-store.ts'

/**
 * The other hosts of the cluster that this host remembers: etcd need not answer for a plan. A host of which nothing is
 * read here is another one.
 *
 * @param given - those that the caller knows; absent: none are known
 * @internal
 */
export const knownNeighbours = async (
  given: ClusterNeighbours | null | undefined,
  { leases, stateDirectory = defaultStateDirectory() }: LeaseOptions,
): Promise<{ readonly known: ClusterNeighbours | null; readonly unread: readonly string[] }> => {
  if (given !== undefined) return { known: given, unread: [] }
  if (leases === null) return { known: null, unread: [] }
  try {
    return { known: await readNeighbours(stateDirectory), unread: [] }
  } catch (error) {
    if (!(error instanceof PermissionError)) throw error
    return {
      known: null,
      unread: [
        `The other hosts of the cluster could not be read, so routes to their blocks are left as they are: ${error.message}`,
      ],
    }
  }
}
