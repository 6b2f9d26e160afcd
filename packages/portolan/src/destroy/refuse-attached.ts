import { type Lease, replicaName } from '@portolan/core'
import type { Links } from '@portolan/host'
import { containsAddress, PortolanError, parseAddress, parsePrefix } from '@portolan/netfilter'
import { staysUp } from '../live/attachments/stays-up.ts'
import type { Removal } from './plan-removal.ts'

/**
 * Refuses to give up an address that a macvlan still answers for, in any namespace, because the address would be leased
 * again. Interfaces on a VLAN that is removed with the project do not count: they go with the VLAN.
 *
 * @throws PortolanError `ENDPOINT_ATTACHED`
 * @example
 * await refuseAttached(removal, openLinks())
 * @public @since 0.1.0
 */
export const refuseAttached = async (
  { leases, givenUp = [], changes }: Pick<Removal, 'leases' | 'givenUp' | 'changes'>,
  links: Pick<Links, 'hasChild'>,
): Promise<void> => {
  const gone = new Set(
    changes.flatMap(({ operation }) => (operation.kind === 'delete-vlan' ? [operation.name] : [])),
  )
  for (const { project, network, endpoint, parent, mac } of onMacvlans([...leases, ...givenUp]))
    if (!gone.has(parent) && (await staysUp(links, parent, mac)))
      throw new PortolanError(
        'ENDPOINT_ATTACHED',
        `Endpoint ${endpoint} of network ${project}/${network} still has its interface on ${parent}, in a namespace that this host does not see. Detach it first (portolan detach ${endpoint} -p ${project} --netns ...), or keep what is leased (--keep-leases). Nothing was removed.`,
      )
}

interface OnMacvlan {
  readonly project: string
  readonly network: string
  readonly endpoint: string
  readonly parent: string
  readonly mac: string
}

/** The endpoints on networks of driver macvlan that have addresses, or gave some up. */
const onMacvlans = (leases: readonly Lease[]): readonly OnMacvlan[] =>
  leases.flatMap((held) => {
    if (held.kind !== 'address' || held.on.project !== null) return []
    const { holder, mac, on } = held
    const found = leases.find(
      (lease) =>
        lease.kind === 'subnet' &&
        lease.project === holder.project &&
        lease.parented?.parent === on.network &&
        lease.parented.driver.kind === 'macvlan' &&
        containsAddress(parsePrefix(lease.subnet), parseAddress(held.address)),
    )
    if (found?.kind !== 'subnet') return []
    const { project, network } = found
    return [{ project, network, endpoint: replicaName(holder), parent: on.network, mac }]
  })
