import {
  type Address,
  canonicalAddress,
  type Family,
  firstAddress,
  formatAddress,
  lastAddress,
  parseAddress,
  parsePrefix,
} from '@portolan/netfilter'
import { firstUsable, lastUsable } from '../pool/usable-addresses.ts'

/** The addresses of a subnet that endpoints can have, in bigints for both families. */
export interface Bounds {
  readonly family: Family
  readonly first: bigint
  readonly last: bigint
  /** Never leased; null where the network has none. */
  readonly gateway: string | null
}

const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/**
 * The bounds of a subnet, or of the part that `ipRange` names.
 * @throws ParseError when one of the texts cannot be read
 */
export const boundsOf = (subnet: string, gateway: string | null, ipRange: string | null): Bounds => {
  const whole = parsePrefix(subnet)
  const range = parsePrefix(ipRange ?? subnet)
  return {
    family: whole.family,
    first: greater(BigInt(firstUsable(whole).value), BigInt(firstAddress(range).value)),
    last: lesser(BigInt(lastUsable(whole).value), BigInt(lastAddress(range).value)),
    gateway: gateway === null ? null : canonicalAddress(gateway),
  }
}

/** Can an endpoint have this address? */
export const isInBounds = ({ family, first, last, gateway }: Bounds, text: string): boolean => {
  const address = parseAddress(text)
  const value = BigInt(address.value)
  return address.family === family && value >= first && value <= last && text !== gateway
}

/** The number of addresses that endpoints can have. */
export const sizeOf = (bounds: Bounds): bigint => {
  const { first, last, gateway } = bounds
  if (last < first) return 0n
  const gatewayIsIn = gateway !== null && isInBounds({ ...bounds, gateway: null }, gateway)
  return last - first + (gatewayIsIn ? 0n : 1n)
}

export const addressText = (family: Family, value: bigint): string => {
  const address: Address = family === 'ip' ? { family, value: Number(value) } : { family, value }
  return formatAddress(address)
}
