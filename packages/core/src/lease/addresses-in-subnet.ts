import { containsAddress, parseAddress, parsePrefix } from '@portolan/netfilter'
import type { LeasedAddress, LeasedSubnet } from './lease.ts'
import { addressKey } from './lease-key.ts'
import { type LeaseState, leasesUnder } from './lease-state.ts'

/**
 * The addresses that the project itself holds in the subnet of its network. All networks on one parent pick from one
 * set of addresses, that of the parent.
 */
export const heldInSubnet = (state: LeaseState, subnet: LeasedSubnet): readonly LeasedAddress[] => {
  const { project, network, family, parented } = subnet
  const on = parented === undefined ? { project, network } : { project: null, network: parented.parent }
  const held = leasesUnder(state, addressKey(on, family, '')).flatMap((lease) =>
    lease.kind === 'address' && lease.released === null ? [lease] : [],
  )
  if (parented === undefined) return held
  const prefix = parsePrefix(subnet.subnet)
  return held.filter(
    ({ holder, address }) => holder.project === project && containsAddress(prefix, parseAddress(address)),
  )
}
