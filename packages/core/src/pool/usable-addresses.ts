import { type Address, bitsOf, firstAddress, lastAddress, type Prefix } from '../address/index.ts'

const shifted = (address: Address, by: 1 | -1): Address =>
  address.family === 'ip'
    ? { family: 'ip', value: address.value + by }
    : { family: 'ip6', value: address.value + BigInt(by) }

/**
 * The first address a host may have. In IPv4 not the network address, in IPv6 not the subnet-router anycast
 * address (RFC 4291, section 2.6.1); but a /31 (RFC 3021), a /127 (RFC 6164) and a single address are used whole.
 */
export const firstUsable = (subnet: Prefix): Address =>
  bitsOf(subnet) - subnet.length < 2 ? firstAddress(subnet) : shifted(firstAddress(subnet), 1)

/** The last address a host may have: there is no broadcast address in IPv6, nor in a /31 or /32. */
export const lastUsable = (subnet: Prefix): Address =>
  subnet.family === 'ip6' || subnet.length > 30 ? lastAddress(subnet) : shifted(lastAddress(subnet), -1)

/** May a host have this address of the subnet? */
export const isUsable = (subnet: Prefix, address: Address): boolean =>
  subnet.family === address.family &&
  address.value >= firstUsable(subnet).value &&
  address.value <= lastUsable(subnet).value
