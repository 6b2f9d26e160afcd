import { type LeaseState, leasedSubnets, listLeases, parseBridgeAlias, replicaName } from '@portolan/core'
import { heldInSubnet } from '@portolan/core/planning'
import type { HostFacts } from '@portolan/netfilter'

/** The networks of a project in which an endpoint holds addresses. */
export const networksHeldBy = (leases: LeaseState, project: string, endpoint: string): ReadonlySet<string> =>
  new Set(
    listLeases(leases).flatMap((lease) =>
      lease.kind === 'address' &&
      lease.released === null &&
      lease.on.project === project &&
      lease.holder.project === project &&
      replicaName(lease.holder) === endpoint
        ? [lease.on.network]
        : [],
    ),
  )

/**
 * Sentences about subnets that stay leased after the last endpoint left a network that a plan gave up, with what frees
 * them. Only a plan knows whether the network is wanted, so `detach` does not free the subnet itself.
 *
 * @param until - how the project is applied again, in a clause
 */
export const leftSubnetNotes = (
  leases: LeaseState,
  { interfaces = [] }: HostFacts,
  project: string,
  networks: ReadonlySet<string>,
  until: string,
): readonly string[] =>
  [...networks].flatMap((network) => {
    const isHere = interfaces.some(({ alias }) => {
      const mark = parseBridgeAlias(alias)
      return mark?.project === project && mark.network === network
    })
    const subnets = leasedSubnets(leases).filter(
      (lease) =>
        lease.project === project &&
        lease.network === network &&
        lease.planned === true &&
        lease.parented === undefined &&
        heldInSubnet(leases, lease).length === 0,
    )
    if (isHere || subnets.length === 0) return []
    const texts = subnets.map(({ subnet }) => subnet).join(' and ')
    return [
      `Network ${project}/${network} is not on this host, and no endpoint holds an address of it any more. ${texts} ${subnets.length === 1 ? 'stays' : 'stay'} leased to it until ${until}.`,
    ]
  })
