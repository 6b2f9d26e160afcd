import { InvalidRequestError } from '@portolan/netfilter'
import { attributeU32 } from '../netlink/attribute.ts'
import { IFLA_MTU } from '../netlink/rtnetlink.ts'

/**
 * The range of an MTU in bytes. RFC 791: each host takes datagrams of 68 bytes (ETH_MIN_MTU). The length of an IPv4
 * datagram has 16 bits.
 */
const LEAST = 68
const MOST = 65_535

/**
 * IFLA_MTU: the MTU of a link.
 *
 * @throws InvalidRequestError for a size that no Ethernet interface has
 */
export const mtuAttribute = (mtu: number): Uint8Array => {
  if (Number.isInteger(mtu) && mtu >= LEAST && mtu <= MOST) return attributeU32(IFLA_MTU, mtu)
  throw new InvalidRequestError(
    `${mtu} is no MTU: expected a whole number of bytes from ${LEAST} to ${MOST}, such as 1500. IPv6 needs at least 1280.`,
  )
}
