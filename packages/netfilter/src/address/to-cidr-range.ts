import { type IPv4, IPv4CidrRange, IPv4Prefix, type IPv6, IPv6CidrRange, IPv6Prefix } from 'ip-num'
import { checkArgument, type ValueKind } from '../schema/check-options.ts'
import { isPrefix } from './is-parsed.ts'
import { parseHostOrPrefix } from './parse-prefix.ts'
import { firstAddress, type Prefix } from './prefix.ts'
import { toIp } from './to-ip.ts'

/**
 * A prefix as a value of ip-num.
 * @public @since 0.1.0
 */
export type CidrRange = IPv4CidrRange | IPv6CidrRange

/**
 * A value with a subnet: an entry of `plan.subnets`, a desired subnet, a lease.
 * @public @since 0.1.0
 */
export interface InSubnet {
  readonly subnet: string
}

const prefixValue: ValueKind = {
  expected: 'a text such as "10.0.0.0/8", what parsePrefix() gives, or an object with a subnet',
  holds: (value) => typeof value === 'string' || isPrefix(value) || isInSubnet(value),
}

const isInSubnet = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'subnet' in value && typeof value.subnet === 'string'

/**
 * Converts a prefix to a range of ip-num. Plans and leases hold plain data, so the range is built on demand.
 *
 * @param prefix - text in CIDR form, a parsed prefix, or a value with a `subnet`
 * @throws ParseError when the text is not a prefix; InvalidRequestError when the value is none of these
 * @example
 * toCidrRange('10.0.0.0/24').getSize() // 256n
 * @public @since 0.1.0
 */
export const toCidrRange = (prefix: string | Prefix | InSubnet): CidrRange => {
  checkArgument(prefix, prefixValue, 'the prefix')
  const parsed = parsedPrefix(prefix)
  const first = toIp(firstAddress(parsed))
  const length = BigInt(parsed.length)
  return parsed.family === 'ip'
    ? new IPv4CidrRange(first as IPv4, new IPv4Prefix(length))
    : new IPv6CidrRange(first as IPv6, new IPv6Prefix(length))
}

const parsedPrefix = (prefix: string | Prefix | InSubnet): Prefix => {
  if (typeof prefix === 'string') return parseHostOrPrefix(prefix)
  return 'subnet' in prefix ? parseHostOrPrefix(prefix.subnet) : prefix
}
