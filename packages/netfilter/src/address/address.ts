import { checkText, ParseError, type SourcePosition } from '../error/index.ts'
import { formatAddress4, tryParseAddress4 } from './address4.ts'
import { formatAddress6, tryParseAddress6 } from './address6.ts'
import type { Family } from './family.ts'
import { type AddressInput, inputText, type PrefixInput } from './ip-num-input.ts'

/** @public @since 0.1.0 */
export interface Address4 {
  readonly family: 'ip'
  /** Unsigned 32 bit. */
  readonly value: number
}

/** @public @since 0.1.0 */
export interface Address6 {
  readonly family: 'ip6'
  /** Unsigned 128 bit. */
  readonly value: bigint
}

/**
 * An address of either family. Hot paths use the bare `value`; this type is for code that does not know the family.
 * @public @since 0.1.0
 */
export type Address = Address4 | Address6

/** The position of a text that came from no file, for error messages. */
export const nowhere = (what: string): SourcePosition => ({ source: `<${what}>`, line: 1, column: 1 })

/**
 * Parses an address of either family; null when the text is neither.
 *
 * @example
 * tryParseAddress('192.0.2.1') // { family: 'ip', value: 0xc0000201 }
 * @public @since 0.1.0
 */
export const tryParseAddress = (input: AddressInput): Address | null => {
  const text = typeof input === 'string' ? input : inputText(input)
  if (text.includes(':')) {
    const value = tryParseAddress6(text)
    return value === null ? null : { family: 'ip6', value }
  }
  const value = tryParseAddress4(text)
  return value === null ? null : { family: 'ip', value }
}

/**
 * Parses an address of either family.
 *
 * @param place - where the text stands, for the error
 * @throws ParseError when it is not an address
 * @public @since 0.1.0
 */
export const parseAddress = (input: AddressInput, place: SourcePosition = nowhere('address')): Address => {
  const address = tryParseAddress(input)
  if (address !== null) return address
  const text = inputText(input)
  throw new ParseError(
    `"${text}" is not an IP address; write one like 192.0.2.1 (no leading zeros) or 2001:db8::1.`,
    place,
    text,
  )
}

/**
 * The canonical text of an address: dotted quad, or RFC 5952.
 * @public @since 0.1.0
 */
export const formatAddress = (address: Address): string =>
  address.family === 'ip' ? formatAddress4(address.value) : formatAddress6(address.value)

/**
 * The canonical text of an address, so that texts can be compared.
 *
 * @throws ParseError when it is not an address
 * @example
 * canonicalAddress('2001:DB8:0::1') // '2001:db8::1'
 * @public @since 0.1.0
 */
export const canonicalAddress = (input: AddressInput, place?: SourcePosition): string =>
  formatAddress(parseAddress(input, place))

/**
 * The family of an address or a prefix, told by its text alone; null when it is neither.
 *
 * @example
 * familyOf('fd00::/8') // 'ip6'
 * @public @since 0.1.0
 */
export const familyOf = (input: AddressInput | PrefixInput): Family | null => {
  const text = inputText(input)
  const slash = text.indexOf('/')
  const address = tryParseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === null || slash < 0) return address?.family ?? null
  const length = text.slice(slash + 1)
  if (!/^(0|[1-9]\d{0,2})$/.test(length)) return null
  return Number(length) <= (address.family === 'ip' ? 32 : 128) ? address.family : null
}

/**
 * An address without its zone. resolv.conf(5) writes a link-local resolver with a zone: `fe80::1%eth0`.
 *
 * @example
 * dropZone('fe80::1%eth0') // 'fe80::1'
 * @public @since 0.1.0
 */
export const dropZone = (text: string): string => {
  checkText(text, 'text')
  const percent = text.indexOf('%')
  return percent < 0 ? text : text.slice(0, percent)
}

/**
 * The IPv4 address inside an IPv4-mapped one (RFC 4291, section 2.5.5.2); any other address unchanged.
 *
 * @example
 * formatAddress(unmapAddress(parseAddress('::ffff:127.0.0.1'))) // '127.0.0.1'
 * @public @since 0.1.0
 */
export const unmapAddress = (address: Address): Address =>
  address.family === 'ip6' && address.value >> 32n === 0xffffn
    ? { family: 'ip', value: Number(address.value & 0xffffffffn) }
    : address
