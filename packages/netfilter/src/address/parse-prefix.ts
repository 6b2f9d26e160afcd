import { InvalidRequestError, ParseError, type SourcePosition } from '../error/index.ts'
import { checkOptions, type OptionKinds, objectValue, wordValue } from '../schema/check-options.ts'
import { nowhere, tryParseAddress } from './address.ts'
import { readAddress4 } from './address4.ts'
import { readAddress6 } from './address6.ts'
import { type AddressInput, inputText, type PrefixInput, shownInput } from './ip-num-input.ts'
import { formatPrefix, type InterfaceAddress, mask4, mask6, type Prefix, prefixAround } from './prefix.ts'

/** Reads the decimal number after the slash, without sign or leading zero. -1: no such number, or more than `most`. */
export const readLength = (text: string, start: number, most: number): number => {
  const digits = text.length - start
  if (digits < 1 || digits > 3 || (digits > 1 && text.charCodeAt(start) === 48)) return -1
  let length = 0
  for (let at = start; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return -1
    length = length * 10 + digit
  }
  return length <= most ? length : -1
}

/**
 * An address with its prefix length, host bits kept (`192.0.2.2/24`); null when the text is not one.
 * @public @since 0.1.0
 */
export const tryParseInterfaceAddress = (text: string): InterfaceAddress | null => {
  if (typeof text !== 'string') return null
  const slash = text.indexOf('/')
  if (slash < 0) return null
  const address = tryParseAddress(text.slice(0, slash))
  if (address === null) return null
  const length = readLength(text, slash + 1, address.family === 'ip' ? 32 : 128)
  return length < 0 ? null : { address, length }
}

/**
 * A prefix in CIDR form, host bits cleared; null when the text is not one. (One pass and no slices: a host may
 * have a million routes.)
 * @public @since 0.1.0
 */
export const tryParsePrefix = (input: PrefixInput): Prefix | null => {
  const text = typeof input === 'string' ? input : inputText(input)
  const slash = text.indexOf('/')
  if (slash < 0) return null
  if (text.indexOf(':') < 0) {
    const length = readLength(text, slash + 1, 32)
    const value = length < 0 ? null : readAddress4(text, 0, slash)
    return value === null ? null : { family: 'ip', base: mask4(value, length), length }
  }
  const length = readLength(text, slash + 1, 128)
  const value = length < 0 ? null : readAddress6(text, 0, slash)
  return value === null ? null : { family: 'ip6', base: mask6(value, length), length }
}

/**
 * Parses a prefix, or an address as the prefix of that one address. iproute2 and firewalls write destinations so. Null
 * when the text is neither.
 *
 * @example
 * tryParseHostOrPrefix('192.0.2.1') // 192.0.2.1/32
 * @public @since 0.1.0
 */
export const tryParseHostOrPrefix = (input: AddressInput | PrefixInput): Prefix | null => {
  const text = inputText(input)
  if (text.includes('/')) return tryParsePrefix(text)
  const address = tryParseAddress(text)
  return address === null ? null : prefixAround(address, address.family === 'ip' ? 32 : 128)
}

const refuse = (text: string, place: SourcePosition, expected: string): ParseError =>
  new ParseError(`"${text}" is not ${expected}.`, place, text)

const none = {}

const optionKinds: OptionKinds<NonNullable<Parameters<typeof parsePrefix>[1]>> = {
  place: objectValue('a place such as { source: "hosts", line: 1, column: 1 }', { source: 'text' }),
  hostBits: wordValue(['clear', 'refuse']),
}

/**
 * A prefix in CIDR form. Host bits are cleared, unless `hostBits` is `refuse`.
 *
 * @throws ParseError when it is not a prefix
 * @example
 * formatPrefix(parsePrefix('172.17.42.1/16')) // '172.17.0.0/16'
 * @public @since 0.1.0
 */
export const parsePrefix = (
  input: PrefixInput,
  options: { readonly place?: SourcePosition; readonly hostBits?: 'clear' | 'refuse' } = none,
): Prefix => {
  if (options !== none) checkOptions<typeof options>(options, optionKinds, 'the options of parsePrefix')
  const text = inputText(input)
  const place = options.place ?? nowhere('prefix')
  const prefix = tryParsePrefix(text)
  if (prefix === null) throw refuse(text, place, 'a prefix; write one like 192.0.2.0/24 or 2001:db8::/64')
  if (options.hostBits === 'refuse') {
    const written = tryParseAddress(text.slice(0, text.indexOf('/')))
    if (written?.value !== prefix.base) {
      throw refuse(
        text,
        place,
        `a network address: bits beyond /${prefix.length} are set; write ${formatPrefix(prefix)}`,
      )
    }
  }
  return prefix
}

/**
 * Parses a prefix, or an address as the prefix of that one address.
 *
 * @throws ParseError when it is neither
 * @public @since 0.1.0
 */
export const parseHostOrPrefix = (
  input: AddressInput | PrefixInput,
  place: SourcePosition = nowhere('prefix'),
): Prefix => {
  const text = inputText(input)
  const prefix = tryParseHostOrPrefix(text)
  if (prefix !== null) return prefix
  throw refuse(text, place, 'an address or a prefix; write one like 192.0.2.1, 192.0.2.0/24 or 2001:db8::/64')
}

/**
 * An address with its prefix length, host bits kept.
 *
 * @throws ParseError when it is not one; InvalidRequestError when the input is not a text
 * @public @since 0.1.0
 */
export const parseInterfaceAddress = (
  text: string,
  place: SourcePosition = nowhere('interface address'),
): InterfaceAddress => {
  if (typeof text !== 'string')
    throw new InvalidRequestError(
      `${shownInput(text)} is no address with a length: expected a text such as 192.0.2.2/24.`,
    )
  const parsed = tryParseInterfaceAddress(text)
  if (parsed !== null) return parsed
  throw refuse(text, place, 'an address with a prefix length; write one like 192.0.2.2/24 or 2001:db8::2/64')
}

/**
 * The canonical text of a prefix, host bits cleared.
 *
 * @throws ParseError when it is not a prefix
 * @example
 * canonicalPrefix('FD00:0::1/64') // 'fd00::/64'
 * @public @since 0.1.0
 */
export const canonicalPrefix = (input: PrefixInput, place: SourcePosition = nowhere('prefix')): string =>
  formatPrefix(parsePrefix(input, { place }))

/**
 * The canonical text of a prefix, or of an address as the prefix of that one address. Allow lists hold this form.
 *
 * @throws ParseError when it is neither
 * @example
 * canonicalHostOrPrefix('192.0.2.1') // '192.0.2.1/32'
 * @public @since 0.1.0
 */
export const canonicalHostOrPrefix = (input: AddressInput | PrefixInput, place?: SourcePosition): string =>
  formatPrefix(parseHostOrPrefix(input, place))
