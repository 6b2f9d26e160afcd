import { containsAddress, type Prefix, parseAddress, parsePrefix } from '@portolan/netfilter'

/** The prefix of a network in one family; none, if it has no subnet there. */
export const subnetOf = (one: { readonly subnet: string } | null): readonly Prefix[] =>
  one === null ? [] : [parsePrefix(one.subnet)]

/** Tells whether an address is in one of the subnets. */
export const holds = (subnets: readonly Prefix[], address: string): boolean => {
  const wanted = parseAddress(address)
  return subnets.some((subnet) => containsAddress(subnet, wanted))
}
