import { checkText } from '../error/check-text.ts'
import { checkOptions, flagValue } from '../schema/check-options.ts'

/**
 * What a field of a packet can be: an IPv4 address, a port, a protocol, a mark or a bit field is a number; an
 * IPv6 or a hardware address is a bigint; an interface is its name, empty where the packet has none.
 * @public @since 0.1.0
 */
export type Value = number | bigint | string

/**
 * Inclusive at both ends, and both of one type.
 * @public @since 0.1.0
 */
export interface ValueRange {
  readonly first: number | bigint
  readonly last: number | bigint
}

/**
 * An interface name. With `wildcard`, each name that begins with it (`eth*` of nft, `eth+` of iptables).
 * @public @since 0.1.0
 */
export interface NamePattern {
  readonly text: string
  readonly wildcard: boolean
}

/**
 * The values one field may have. `any` is every value, but the field has to be there.
 * @public @since 0.1.0
 */
export type ValueSet =
  | { readonly kind: 'ranges'; readonly ranges: readonly ValueRange[] }
  | { readonly kind: 'names'; readonly names: readonly NamePattern[] }
  | { readonly kind: 'any' }

/**
 * The set of these single numbers.
 *
 * @example
 * oneOf(80, 443) // the ports of a `multiport` match
 * @public @since 0.1.0
 */
export const oneOf = (...values: readonly (number | bigint)[]): ValueSet => ({
  kind: 'ranges',
  ranges: values.map((value) => ({ first: value, last: value })),
})

/**
 * The set of all numbers from `first` to `last`, both included.
 *
 * @example
 * between(1024, 65535)
 * @public @since 0.1.0
 */
export const between = (first: number | bigint, last: number | bigint): ValueSet => ({
  kind: 'ranges',
  ranges: [{ first, last }],
})

const none: { readonly wildcard?: boolean } = {}

/**
 * The set of one name, or of all names that begin with it.
 *
 * @example
 * named('veth', { wildcard: true })
 * @public @since 0.1.0
 */
export const named = (text: string, options: { readonly wildcard?: boolean } = none): ValueSet => {
  checkText(text, 'text')
  // Rulesets have thousands of names: an option that is there needs no further look.
  if (options !== none && typeof options?.wildcard !== 'boolean')
    checkOptions<typeof options>(options, { wildcard: flagValue }, 'the options of named')
  return { kind: 'names', names: [{ text, wildcard: options.wildcard ?? false }] }
}
