import { type Address, formatAddress } from './address.ts'
import { headOf, octets } from './address4.ts'
import { formatAddress6 } from './address6.ts'

/**
 * An IPv4 prefix. `base` is the network address, host bits clear; `length` 0 to 32.
 * @public @since 0.1.0
 */
export interface Prefix4 {
  readonly family: 'ip'
  readonly base: number
  readonly length: number
}

/**
 * An IPv6 prefix. `base` is the first address, host bits clear; `length` 0 to 128.
 * @public @since 0.1.0
 */
export interface Prefix6 {
  readonly family: 'ip6'
  readonly base: bigint
  readonly length: number
}

/** @public @since 0.1.0 */
export type Prefix = Prefix4 | Prefix6

const ALL4 = 2 ** 32

/**
 * The number of addresses in an IPv4 prefix of this length. A shift, because `**` is a slow call in hot loops. A table
 * would hold doubles: V8 boxes such a number, and each result computed from it, wherever it is stored.
 */
export const size4 = (length: number): number => (length === 0 ? ALL4 : (1 << (32 - length)) >>> 0)

/** The number of addresses in an IPv6 prefix of this length. */
export const size6 = (length: number): bigint => 1n << BigInt(128 - length)

/** An IPv4 address with its host bits cleared. */
export const mask4 = (value: number, length: number): number => value - (value % size4(length))

/** An IPv6 address with its host bits cleared. */
export const mask6 = (value: bigint, length: number): bigint => {
  const shift = BigInt(128 - length)
  return (value >> shift) << shift
}

/**
 * The prefix of this length that holds the address.
 *
 * @example
 * formatPrefix(prefixAround(parseAddress('172.17.42.1'), 16)) // '172.17.0.0/16'
 * @public @since 0.1.0
 */
export const prefixAround = (address: Address, length: number): Prefix =>
  address.family === 'ip'
    ? { family: 'ip', base: mask4(address.value, length), length }
    : { family: 'ip6', base: mask6(address.value, length), length }

/**
 * The number of bits of an address of this prefix's family: 32 or 128.
 * @public @since 0.1.0
 */
export const bitsOf = (prefix: Pick<Prefix, 'family'>): number => (prefix.family === 'ip' ? 32 : 128)

/** @public @since 0.1.0 */
export const firstAddress = (prefix: Prefix): Address =>
  prefix.family === 'ip' ? { family: 'ip', value: prefix.base } : { family: 'ip6', value: prefix.base }

/**
 * The last address: the broadcast address of an IPv4 subnet.
 * @public @since 0.1.0
 */
export const lastAddress = (prefix: Prefix): Address =>
  prefix.family === 'ip'
    ? { family: 'ip', value: prefix.base + size4(prefix.length) - 1 }
    : { family: 'ip6', value: prefix.base + size6(prefix.length) - 1n }

/**
 * Whether the prefix contains the address. False for different families.
 * @public @since 0.1.0
 */
export const containsAddress = (prefix: Prefix, address: Address): boolean => {
  if (prefix.family === 'ip')
    return address.family === 'ip' && mask4(address.value, prefix.length) === prefix.base
  return address.family === 'ip6' && mask6(address.value, prefix.length) === prefix.base
}

/**
 * Whether the outer prefix contains all of the inner one. A prefix contains itself.
 * @public @since 0.1.0
 */
export const containsPrefix = (outer: Prefix, inner: Prefix): boolean =>
  outer.length <= inner.length && containsAddress(outer, firstAddress(inner))

/**
 * Whether two prefixes have an address in common. Two prefixes are nested or apart, so it is enough to test whether one
 * contains the other:
 *
 *     a  |---------------|          |-------|
 *     b      |---|            or                |---|
 *
 * @example
 * prefixesOverlap(parsePrefix('10.0.0.0/8'), parsePrefix('10.1.0.0/16')) // true
 * @public @since 0.1.0
 */
export const prefixesOverlap = (a: Prefix, b: Prefix): boolean => containsPrefix(a, b) || containsPrefix(b, a)

/**
 * Whether the two prefixes are the same.
 * @public @since 0.1.0
 */
export const samePrefix = (a: Prefix, b: Prefix): boolean =>
  a.family === b.family && a.base === b.base && a.length === b.length

const suffixes: readonly string[] = Array.from({ length: 33 }, (_, length) => `/${length}`)
const zeroTails: readonly string[] = suffixes.map((suffix) => `0${suffix}`)

/** The text after the third dot. Most subnets end in `0/24`, so a table holds these endings. */
const tailOf = (octet: number, length: number): string | undefined =>
  octet === 0 ? zeroTails[length] : `${octets[octet]}${suffixes[length]}`

/**
 * The canonical CIDR text.
 * @public @since 0.1.0
 */
export const formatPrefix = (prefix: Prefix): string =>
  prefix.family === 'ip'
    ? `${headOf(prefix.base)}${tailOf(prefix.base & 255, prefix.length)}`
    : `${formatAddress6(prefix.base)}/${prefix.length}`

/**
 * An address as an interface has it: the address and the length of its on-link prefix.
 * @public @since 0.1.0
 */
export interface InterfaceAddress {
  readonly address: Address
  readonly length: number
}

/**
 * `192.0.2.2/24`, host bits kept.
 * @public @since 0.1.0
 */
export const formatInterfaceAddress = ({ address, length }: InterfaceAddress): string =>
  `${formatAddress(address)}/${length}`
