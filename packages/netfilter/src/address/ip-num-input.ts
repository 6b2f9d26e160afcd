import type { IPv4, IPv4CidrRange, IPv6, IPv6CidrRange } from 'ip-num'

/**
 * An address as public functions take it: text, or a value of ip-num.
 * @public @since 0.1.0
 */
export type AddressInput = string | IPv4 | IPv6

/**
 * A prefix as public functions take it: text in CIDR form, or a range of ip-num.
 * @public @since 0.1.0
 */
export type PrefixInput = string | IPv4CidrRange | IPv6CidrRange

/**
 * The text of an address or a prefix. Only types come from ip-num here: loading it takes longer than most programs take
 * to plan, so it is left to those that use it.
 *
 * @example
 * inputText('10.0.0.0/8') // '10.0.0.0/8'
 * @public @since 0.1.0
 */
export const inputText = (input: AddressInput | PrefixInput): string => {
  if (typeof input === 'string') return input
  return 'toCidrString' in input ? input.toCidrString() : input.toString()
}
