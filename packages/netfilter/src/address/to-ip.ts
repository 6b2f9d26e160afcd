import { IPv4, IPv6 } from 'ip-num'
import { checkArgument, type ValueKind } from '../schema/check-options.ts'
import { type Address, parseAddress } from './address.ts'
import { isAddress } from './is-parsed.ts'

const addressValue: ValueKind = {
  expected: 'a text such as "10.0.0.1", or what parseAddress() gives',
  holds: (value) => typeof value === 'string' || isAddress(value),
}

/**
 * An address as a value of ip-num.
 *
 * @param address - as text, or parsed
 * @throws ParseError when the text is not an address; InvalidRequestError when the value is neither
 * @example
 * toIp('10.0.0.1').getValue() // 167772161n
 * @public @since 0.1.0
 */
export const toIp = (address: string | Address): IPv4 | IPv6 => {
  checkArgument(address, addressValue, 'the address')
  const { family, value } = typeof address === 'string' ? parseAddress(address) : address
  return family === 'ip' ? new IPv4(BigInt(value)) : new IPv6(BigInt(value))
}
