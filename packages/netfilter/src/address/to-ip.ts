import { IPv4, IPv6 } from 'ip-num'
import { type Address, parseAddress } from './address.ts'

/**
 * An address as a value of ip-num.
 *
 * @param address - as text, or parsed
 * @throws ParseError when the text is not an address
 * @example
 * toIp('10.0.0.1').getValue() // 167772161n
 * @public @since 0.1.0
 */
export const toIp = (address: string | Address): IPv4 | IPv6 => {
  const { family, value } = typeof address === 'string' ? parseAddress(address) : address
  return family === 'ip' ? new IPv4(BigInt(value)) : new IPv6(BigInt(value))
}
