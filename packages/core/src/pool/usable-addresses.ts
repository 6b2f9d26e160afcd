import { type Address, bitsOf, lastAddress, type Prefix } from '@portolan/netfilter'

/**
 * The first address a host may have. In IPv4 not the network address, in IPv6 not the subnet-router anycast
 * address (RFC 4291, section 2.6.1); but a /31 (RFC 3021), a /127 (RFC 6164) and a single address are used whole.
 */
export const firstUsable = (subnet: Prefix): Address => {
  const isWhole = bitsOf(subnet) - subnet.length < 2
  return subnet.family === 'ip'
    ? { family: 'ip', value: isWhole ? subnet.base : subnet.base + 1 }
    : { family: 'ip6', value: isWhole ? subnet.base : subnet.base + 1n }
}

/** The last address a host may have: there is no broadcast address in IPv6, nor in a /31 or /32. */
export const lastUsable = (subnet: Prefix): Address => {
  const last = lastAddress(subnet)
  return last.family === 'ip6' || subnet.length > 30 ? last : { family: 'ip', value: last.value - 1 }
}

/** May a host have this address of the subnet? */
export const isUsable = (subnet: Prefix, address: Address): boolean =>
  subnet.family === address.family &&
  address.value >= firstUsable(subnet).value &&
  address.value <= lastUsable(subnet).value
