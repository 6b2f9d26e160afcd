import { containsAddress, parseAddress, parsePrefix } from '@portolan/netfilter'
import { boundsOf, isInBounds, sizeOf } from './bounds.ts'
import { type LeaseState, listLeases } from './lease-state.ts'

/**
 * The numbers of leased and of free addresses of a subnet.
 * @public @since 0.1.0
 */
export interface AddressCount {
  readonly used: number
  /** Neither leased nor reserved (network, broadcast and gateway address). A released address is free. */
  readonly free: bigint
}

/**
 * Counts the leased addresses of subnets. An address in use on the host without a lease counts as free.
 *
 * @param subnets - CIDR, with the gateway that is never leased; null where there is none
 * @returns one count for each subnet, in their order
 * @throws ParseError for a subnet or gateway that cannot be read
 * @example
 * countAddresses(emptyLeases, [{ subnet: '10.0.0.0/29', gateway: '10.0.0.1' }]) // [{ used: 0, free: 5n }]
 * @public @since 0.1.0
 */
export const countAddresses = (
  state: LeaseState,
  subnets: readonly { readonly subnet: string; readonly gateway: string | null }[],
): readonly AddressCount[] => {
  const counts = subnets.map(({ subnet, gateway }) => ({
    prefix: parsePrefix(subnet),
    bounds: boundsOf(subnet, gateway, null),
    used: 0,
    /**
     * The used addresses inside `bounds`. A fixed address may lie outside: another version may not have reserved it.
     */
    inside: 0n,
  }))
  for (const lease of listLeases(state)) {
    if (lease.kind !== 'address' || lease.released !== null) continue
    const address = parseAddress(lease.address)
    for (const count of counts) {
      if (!containsAddress(count.prefix, address)) continue
      count.used += 1
      if (isInBounds(count.bounds, lease.address)) count.inside += 1n
    }
  }
  return counts.map(({ bounds, used, inside }) => ({ used, free: sizeOf(bounds) - inside }))
}
