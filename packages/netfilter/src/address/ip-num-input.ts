import type { IPv4, IPv4CidrRange, IPv6, IPv6CidrRange } from 'ip-num'
import { InvalidRequestError, shownValue } from '../error/index.ts'
import { formatAddress6, tryParseAddress6 } from './address6.ts'

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
 * The text of an address or a prefix: a text stays as it is, a value of ip-num gives its canonical text. This file
 * imports only types of ip-num: loading ip-num takes longer than most programs take to plan.
 *
 * @example
 * inputText('10.0.0.0/8') // '10.0.0.0/8'
 * @public @since 0.1.0
 */
export const inputText = (input: AddressInput | PrefixInput): string => {
  if (typeof input === 'string') return input
  const text = writtenValue(input)
  if (text === null)
    throw new InvalidRequestError(
      `${shownInput(input)} is no address and no prefix: expected a text such as 10.0.0.0/8, or a value of ip-num.`,
    )
  if (!text.includes(':')) return text
  // ip-num writes every group of IPv6: `0:0:0:0:0:0:0:1`.
  const [address = '', length] = text.split('/')
  const value = tryParseAddress6(address)
  const canonical = value === null ? address : formatAddress6(value)
  return length === undefined ? canonical : `${canonical}/${length}`
}

/** An invalid input as text for an error message. An object may have no text of its own. */
export const shownInput = (input: unknown): string =>
  typeof input === 'object' && input !== null ? shownValue(input) : String(input)

/** The text of a value of ip-num. Callers in JavaScript may pass any value. @returns null for other values */
const writtenValue = (input: unknown): string | null => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return null
  const value = input as Readonly<Record<string, unknown>>
  const write = typeof value.toCidrString === 'function' ? value.toCidrString : value.toString
  if (write === Object.prototype.toString) return null
  const text: unknown = typeof write === 'function' ? write.call(input) : null
  return typeof text === 'string' ? text : null
}
