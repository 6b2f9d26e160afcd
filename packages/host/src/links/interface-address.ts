import { InvalidRequestError } from '@portolan/netfilter'
import { type AddressBytes, parseAddressPrefix } from '../address/address-bytes.ts'

/**
 * Refuses an address that an interface cannot have. The kernel accepts most of them without an error. It then never
 * answers for a multicast or broadcast address, and does not set 0.0.0.0 at all (net/ipv4/devinet.c
 * `inet_rtm_newaddr`).
 *
 * A /31 and a /32 have neither a network address nor a broadcast address (RFC 3021). The first address of an IPv6
 * subnet is the anycast address of its routers (RFC 4291, 2.6.1), which a router may have.
 *
 * @throws InvalidRequestError that says why
 */
export const checkInterfaceAddress = (
  text: string,
  interfaceName: string,
  { isLoopback }: { readonly isLoopback: boolean },
): void => {
  const address = parseAddressPrefix(text)
  const why =
    address.family === 'ip'
      ? faultOfIp(address.bytes, address.length, isLoopback)
      : faultOfIp6(address, isLoopback)
  if (why === null) return
  throw new InvalidRequestError(`Could not add the address ${text} to ${interfaceName}: ${why}.`)
}

const faultOfIp = (bytes: Uint8Array, length: number, isLoopback: boolean): string | null => {
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  const [first = 0] = bytes
  if (value === 0) return unspecified
  if (value === 0xffffffff)
    return 'it is the broadcast address of every link. Use an address for one interface'
  if (first >= 224 && first < 240) return multicast
  if (first === 127 && !isLoopback) return `127.0.0.0/8 ${ofLoopback}`
  if (length > 30) return null
  const size = 2 ** (32 - length)
  const [own, last] = [value % size === 0, value % size === size - 1]
  return own
    ? 'it is the address of the network itself. Use a later one'
    : last
      ? 'it is the broadcast address of that network. Use an earlier one'
      : null
}

const faultOfIp6 = ({ bytes }: AddressBytes, isLoopback: boolean): string | null => {
  const isZero = (to: number): boolean => bytes.subarray(0, to).every((byte) => byte === 0)
  const last = bytes[15] ?? 0
  if (isZero(15) && last === 0) return unspecified
  if (isZero(15) && last === 1 && !isLoopback) return `::1 ${ofLoopback}`
  if (bytes[0] === 0xff) return multicast
  if (isZero(10) && bytes[10] === 0xff && bytes[11] === 0xff)
    return 'it is an IPv4 address in the form of IPv6, which is not used on a link. Write it as an IPv4 address'
  return null
}

const unspecified =
  'it is the unspecified address, which no interface can have. Use an address for one interface'
const multicast = 'it is a multicast address, which belongs to a group. Use an address for one interface'
const ofLoopback = 'is for the loopback interface alone. Use another address'
