import { firstAddress, formatAddress, type Prefix, unmapAddress } from '@portolan/netfilter'

/**
 * The IPv4 form of a prefix of IPv4-mapped addresses (RFC 4291, section 2.5.5.2); null for any other prefix. No packet
 * has a mapped address. As an allowed source such a prefix would let no packet in, and close IPv4.
 */
export const mappedPrefix = (prefix: Prefix): string | null => {
  const address = unmapAddress(firstAddress(prefix))
  if (prefix.family === 'ip' || address.family === 'ip6' || prefix.length < 96) return null
  return `${formatAddress(address)}/${prefix.length - 96}`
}
