import type { Address } from './address.ts'
import { bitsOf, mask4, mask6, type Prefix, size4, size6 } from './prefix.ts'

const MOST4 = 2 ** 32 - 1
const MOST6 = (1n << 128n) - 1n

/**
 * The first prefix of the wanted length that begins after `prefix` ends; null past the end of the address space.
 *
 *     prefix |-----|
 *     after         . . |---------|     aligned to its own length
 *
 * @example
 * prefixAfter(parsePrefix('10.0.10.0/24'), 16) // 10.1.0.0/16
 * @public @since 0.1.0
 */
export const prefixAfter = (prefix: Prefix, length: number = prefix.length): Prefix | null => {
  if (prefix.family === 'ip') {
    const last = prefix.base + size4(prefix.length) - 1
    const base = mask4(last, length) + size4(length)
    return base > MOST4 ? null : { family: 'ip', base, length }
  }
  const last = prefix.base + size6(prefix.length) - 1n
  const base = mask6(last, length) + size6(length)
  return base > MOST6 ? null : { family: 'ip6', base, length }
}

/**
 * The number of whole prefixes of this length that fit between two addresses, `to` excluded. 0 for addresses of
 * different families, or when `to` is not after `from`.
 *
 * @example
 * subnetsBetween(parseAddress('10.0.0.0'), parseAddress('10.1.0.0'), 24) // 256n
 * @public @since 0.1.0
 */
export const subnetsBetween = (from: Address, to: Address, length: number): bigint => {
  if (from.family !== to.family || from.value >= to.value) return 0n
  return (BigInt(to.value) - BigInt(from.value)) >> BigInt(bitsOf(from) - length)
}

/**
 * The address plus `count << shift`; null past the end of the address space.
 *
 * @example
 * addToAddress(parseAddress('10.0.0.1'), 42n, 16) // 10.42.0.1
 * @public @since 0.1.0
 */
export const addToAddress = (address: Address, count: bigint, shift: number = 0): Address | null => {
  const value = BigInt(address.value) + (count << BigInt(shift))
  if (value < 0n || value > (address.family === 'ip' ? BigInt(MOST4) : MOST6)) return null
  return address.family === 'ip' ? { family: 'ip', value: Number(value) } : { family: 'ip6', value }
}
