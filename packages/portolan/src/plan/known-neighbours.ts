import type { ClusterNeighbours } from '@portolan/core'
import { forgottenRoutes } from '@portolan/core/planning'
import { defaultStateDirectory, readNeighbours, stateNamed, withRouteHolder } from '@portolan/host'
import { type HostFacts, PortolanError } from '@portolan/netfilter'
import type { LeaseOptions } from '../leases/with-lease-store.ts'

/**
 * The other hosts of the cluster that this host remembers, so a plan does not need etcd. With `leases: null` the state
 * directory is not read: the plan may be for another host. A note says when nothing is remembered although there are
 * routes to blocks of other hosts, or when the record is damaged. Routes of unknown hosts stay.
 *
 * @param given - the hosts that the caller knows; absent: the caller knows none
 * @internal
 */
export const knownNeighbours = async (
  given: ClusterNeighbours | null | undefined,
  { leases, stateDirectory = defaultStateDirectory() }: LeaseOptions,
  facts: HostFacts,
): Promise<{ readonly known: ClusterNeighbours | null; readonly unread: readonly string[] }> => {
  if (leases === null) return { known: given ?? null, unread: [] }
  if (given !== undefined) return { known: await withRouteHolder(stateDirectory, given), unread: [] }
  try {
    const known = await withRouteHolder(stateDirectory, await readNeighbours(stateDirectory))
    const forgotten =
      known === null ? forgottenRoutes(facts, { cluster: null, state: stateNamed(stateDirectory) }) : null
    return { known, unread: forgotten === null ? [] : [forgotten] }
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
    return {
      known: null,
      unread: [
        `The other hosts of the cluster could not be read, so routes to their blocks are left as they are, and rules are planned as if there were none: ${error.message}`,
      ],
    }
  }
}
