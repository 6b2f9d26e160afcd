import { type Address, bitsOf, lastAddress, type Prefix } from '@portolan/netfilter'

/**
 * The first address that a host may have. It is not the network address in IPv4, nor the subnet-router anycast address
 * in IPv6 (RFC 4291, section 2.6.1). A /31 (RFC 3021), a /127 (RFC 6164) and a single address are used whole.
 */
export const firstUsable = (subnet: Prefix): Address => {
  const isWhole = bitsOf(subnet) - subnet.length < 2
  return subnet.family === 'ip'
    ? { family: 'ip', value: isWhole ? subnet.base : subnet.base + 1 }
    : { family: 'ip6', value: isWhole ? subnet.base : subnet.base + 1n }
}

/** The last address that a host may have. IPv6, a /31 and a /32 have no broadcast address. */
export const lastUsable = (subnet: Prefix): Address => {
  const last = lastAddress(subnet)
  return last.family === 'ip6' || subnet.length > 30 ? last : { family: 'ip', value: last.value - 1 }
}

/** May a host have this address of the subnet? */
export const isUsable = (subnet: Prefix, address: Address): boolean =>
  subnet.family === address.family &&
  address.value >= firstUsable(subnet).value &&
  address.value <= lastUsable(subnet).value
