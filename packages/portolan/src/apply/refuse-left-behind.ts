import {
  type DesiredParentedNetwork,
  type LeasedAddress,
  type LeasedSubnet,
  type LeaseState,
  leasedSubnets,
  listLeases,
  replicaName,
} from '@portolan/core'
import type { Links } from '@portolan/host'
import { containsAddress, PortolanError, parseAddress, parsePrefix } from '@portolan/netfilter'
import { staysUp } from '../live/attachments/stays-up.ts'
import type { Plan } from '../plan/plan.ts'

/**
 * Refuses a plan that takes a network on an interface away, or makes it another one, while a container has an interface
 * there: the host has no end of it to remove. Its address would be leased again, and no network would lead `detach` to it.
 * The children of a VLAN that goes with the plan go with it.
 *
 * @throws PortolanError `ENDPOINT_ATTACHED`
 * @example
 * await refuseLeftBehind(planned, await store.read(), openLinks())
 * @public @since 0.1.0
 */
export const refuseLeftBehind = async (
  { desired, changes }: Pick<Plan, 'desired' | 'changes'>,
  leases: LeaseState,
  links: Pick<Links, 'hasChild'>,
): Promise<void> => {
  const gone = new Set(
    changes.flatMap(({ operation }) => (operation.kind === 'delete-vlan' ? [operation.name] : [])),
  )
  const { project, parented = [] } = desired
  for (const subnet of leasedSubnets(leases)) {
    const { network, parented: on } = subnet
    if (subnet.project !== project || on === undefined || gone.has(on.parent)) continue
    const becomes = whatBecomes(subnet, parented)
    if (becomes === null) continue
    for (const address of addressesIn(subnet, leases)) {
      const isThere =
        on.driver.kind === 'macvlan'
          ? await staysUp(links, on.parent, address.mac)
          : // The kernel does not tell of an ipvlan. What no plan took, attach did.
            address.released === null && address.planned !== true
      if (!isThere) continue
      const endpoint = replicaName(address.holder)
      throw new PortolanError(
        'ENDPOINT_ATTACHED',
        `Endpoint ${endpoint} of network ${project}/${network} still has its ${on.driver.kind} on ${on.parent}, in a namespace that this host does not see, and ${becomes}. Detach it first (portolan detach ${endpoint} -p ${project} --netns ...), then apply again. Nothing was changed.`,
      )
    }
  }
}

/** What a plan makes of a network that an interface cannot follow, in words; null: nothing. */
const whatBecomes = (
  { network, subnet, family, parented: on }: LeasedSubnet,
  wanted: readonly DesiredParentedNetwork[],
): string | null => {
  if (on === undefined) return null
  const after = wanted.find(({ name }) => name === network)
  if (after === undefined) {
    // Its addresses are those of another network there, which goes on.
    const isShared = wanted.some((one) => one.parent === on.parent && one[family]?.subnet === subnet)
    return isShared ? null : `the network is to be on ${on.parent} no more`
  }
  if (after.parent !== on.parent) return `the network is to be on ${after.parent}`
  const [has, asked] = [on.driver, after.driver].map(({ kind, mode }) => `${kind} of mode ${mode}`)
  return has === asked ? null : `the network is to be ${asked} in place of ${has}`
}

/** Those that were given up too: an interface may have them still. */
const addressesIn = (
  { project, family, subnet, parented }: LeasedSubnet,
  leases: LeaseState,
): readonly LeasedAddress[] => {
  const prefix = parsePrefix(subnet)
  return listLeases(leases).flatMap((lease) =>
    lease.kind === 'address' &&
    lease.family === family &&
    lease.on.project === null &&
    lease.on.network === parented?.parent &&
    lease.holder.project === project &&
    containsAddress(prefix, parseAddress(lease.address))
      ? [lease]
      : [],
  )
}
