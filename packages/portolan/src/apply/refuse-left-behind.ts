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
 * Refuses a plan that removes or changes a network on a parent interface while a container still has an interface
 * there. The host has no end of that interface to remove. Without this check its address could be leased again, and
 * `detach` would find no network for it. Interfaces on a VLAN that the plan deletes go with the VLAN.
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
    const becomes = changeText(subnet, parented)
    if (becomes === null) continue
    for (const address of addressesIn(subnet, leases)) {
      const isThere =
        on.driver.kind === 'macvlan'
          ? await staysUp(links, on.parent, address.mac)
          : // The kernel does not list an ipvlan. A live lease that no plan took comes from attach.
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

/** Says in words what the plan does to a network that its interfaces cannot follow; null: nothing. */
const changeText = (
  { network, subnet, family, parented: on }: LeasedSubnet,
  wanted: readonly DesiredParentedNetwork[],
): string | null => {
  if (on === undefined) return null
  const after = wanted.find(({ name }) => name === network)
  if (after === undefined) {
    // Another network on this parent has the same subnet and stays.
    const isShared = wanted.some((one) => one.parent === on.parent && one[family]?.subnet === subnet)
    return isShared ? null : `the plan removes the network from ${on.parent}`
  }
  if (after.parent !== on.parent) return `the plan moves the network to ${after.parent}`
  const [has, asked] = [on.driver, after.driver].map(({ kind, mode }) => `${kind} of mode ${mode}`)
  return has === asked ? null : `the plan makes the network ${asked} in place of ${has}`
}

/** The leased addresses in a subnet. Released leases count: an interface may still have the address. */
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
