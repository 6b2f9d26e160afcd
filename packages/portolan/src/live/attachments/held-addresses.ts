import {
  type EndpointMark,
  findLease,
  type LeasedAddress,
  type LeaseHolder,
  type LeaseState,
  type LeaseStore,
  type LeasingNetwork,
  listLeases,
  replicaName,
} from '@portolan/core'
import { forgetReleased, subnetKey } from '@portolan/core/planning'
import { containsAddress, families, parseAddress, parsePrefix } from '@portolan/netfilter'

/** The addresses that an endpoint holds on a planned network. A service is found by the name of its replica. */
export const heldBy = (state: LeaseState, mark: EndpointMark): readonly LeasedAddress[] =>
  heldOn(state, mark).filter(({ holder }) => replicaName(holder) === mark.endpoint)

/** The addresses that endpoints of the network's own project hold there. */
export const heldOn = (
  state: LeaseState,
  network: Pick<EndpointMark, 'project' | 'network'>,
): readonly LeasedAddress[] => {
  const on = holderOf(state, network)
  const held = listLeases(state).flatMap((lease) =>
    lease.kind === 'address' &&
    lease.released === null &&
    lease.on.project === on.project &&
    lease.on.network === on.network &&
    lease.holder.project === network.project
      ? [lease]
      : [],
  )
  if (on.project !== null) return held
  // Several networks may share one parent. All their addresses are leased on that parent.
  const subnets = families.flatMap((family) => {
    const lease = findLease(state, subnetKey(network.project, network.network, family))
    return lease?.kind === 'subnet' ? [parsePrefix(lease.subnet)] : []
  })
  return held.filter(({ address }) => subnets.some((one) => containsAddress(one, parseAddress(address))))
}

/** The addresses that a holder gave up on a network and that no other endpoint has. */
export const givenUpBy = (
  state: LeaseState,
  on: LeasingNetwork,
  isBy: (holder: LeaseHolder) => boolean,
): readonly LeasedAddress[] =>
  listLeases(state).flatMap((lease) =>
    lease.kind === 'address' &&
    lease.released !== null &&
    lease.on.project === on.project &&
    lease.on.network === on.network &&
    isBy(lease.holder)
      ? [lease]
      : [],
  )

/**
 * The network on which the addresses of a planned network are leased. Networks on one parent share one set of
 * addresses.
 */
export const holderOf = (
  state: LeaseState,
  { project, network }: Pick<EndpointMark, 'project' | 'network'>,
): LeasingNetwork => {
  for (const family of families) {
    const lease = findLease(state, subnetKey(project, network, family))
    if (lease?.kind === 'subnet' && lease.parented !== undefined)
      return { project: null, network: lease.parented.parent }
  }
  return { project, network }
}

/**
 * Deletes the record of addresses that an endpoint without an interface gave up while it holds another one. An address
 * that it gives up later is on its interface. It goes to no other endpoint before the interface is gone (`isAttached`).
 */
export const forgetGivenUp = async (leases: LeaseStore, mark: EndpointMark): Promise<void> => {
  const state = await leases.read()
  const on = holderOf(state, mark)
  const holders = new Map(heldBy(state, mark).map(({ holder }) => [JSON.stringify(holder), holder]))
  for (const holder of holders.values()) {
    if (forgetReleased(state, on, holder).changes.length === 0) continue
    await leases.transact((before) => forgetReleased(before, on, holder))
  }
}
