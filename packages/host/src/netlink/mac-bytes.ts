import { InvalidRequestError } from '@portolan/netfilter'

/**
 * The six bytes of a MAC address that an interface can have.
 *
 * @throws InvalidRequestError for a malformed, a multicast and an all-zero address (`is_valid_ether_addr`)
 */
export const macBytes = (mac: string): Uint8Array => {
  if (!/^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(mac))
    throw new InvalidRequestError(`"${mac}" is not a MAC address, such as 02:42:ac:11:00:01.`)
  const bytes = Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16))
  if (((bytes[0] ?? 0) & 1) === 1)
    throw new InvalidRequestError(
      `"${mac}" is a multicast address, which no interface can have: its first byte is odd. Begin it with 02, as in 02:42:ac:11:00:01.`,
    )
  if (bytes.every((byte) => byte === 0))
    throw new InvalidRequestError(
      `"${mac}" is no address of an interface: it is all zeros. Take one such as 02:42:ac:11:00:01.`,
    )
  return bytes
}
