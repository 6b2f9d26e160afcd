import {
  type Family,
  formatAddress4,
  formatAddress6,
  tryParseAddress4,
  tryParseAddress6,
} from '@portolan/netfilter'
import type { Reader } from '../grammar.ts'
import { readWhole } from './number.ts'

const all6 = (1n << 128n) - 1n

/**
 * Reads an IPv4 address with parts in octal or hex. iptables adds missing parts as zeros on the right: `10.1` is
 * 10.1.0.0.
 */
const looseAddress4 = (text: string): number | null => {
  const parts = text.split('.').map((part) => readWhole(part, 0xffffffff))
  if (parts.length === 1 && /^0x/i.test(text)) return parts[0] ?? null
  if (parts.length > 4) return null
  let value = 0
  for (const [index, part] of parts.entries()) {
    if (part === null || part > 255) return null
    value += part * 256 ** (3 - index)
  }
  return value
}

const readAddress4 = (text: string): number | null => tryParseAddress4(text) ?? looseAddress4(text)

/** IPv6 text as inet_ntop(3) prints it: with a dotted quad at the end in `::ffff:0:0/96` and `::/96`. */
const text6 = (value: bigint): string => {
  if (value >> 32n === 0n && value > 0xffffn) return `::${formatAddress4(Number(value))}`
  return formatAddress6(value)
}

const leadingOnes = (mask: bigint, bits: number): number | null => {
  const text = mask.toString(2).padStart(bits, '0')
  return /^1*0*$/.test(text) ? text.lastIndexOf('1') + 1 : null
}

const ones = (length: number, bits: number): bigint => ((1n << BigInt(length)) - 1n) << BigInt(bits - length)

interface Masked {
  readonly value: bigint
  readonly mask: bigint
}

/** Reads `address`, `address/length` or `address/mask`. */
export const readMasked = (text: string, family: Family): Masked | null => {
  const [left = '', right, ...more] = text.split('/')
  if (more.length > 0) return null
  const bits = family === 'ip' ? 32 : 128
  const read = (one: string): bigint | null => {
    if (family === 'ip6') return tryParseAddress6(one)
    const value = readAddress4(one)
    return value === null ? null : BigInt(value)
  }
  const value = read(left)
  if (value === null) return null
  if (right === undefined) return { value, mask: ones(bits, bits) }
  const length = readWhole(right, bits)
  if (length !== null) return { value, mask: ones(length, bits) }
  const mask = /[.:]/.test(right) ? read(right) : null
  return mask === null ? null : { value, mask }
}

const textOf = (value: bigint, family: Family): string =>
  family === 'ip' ? formatAddress4(Number(value)) : text6(value)

const withMask = ({ value, mask }: Masked, family: Family, bare: boolean): string => {
  const bits = family === 'ip' ? 32 : 128
  const length = leadingOnes(mask, bits)
  if (length === bits && bare) return textOf(value, family)
  return `${textOf(value, family)}/${length ?? textOf(mask, family)}`
}

/** Matches a text that the kernel prints unchanged. Most addresses in rules are of this form. */
const plain4 = /^(?:(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-5]|0)\.){3}(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-5]|0)\/32$/

/** Reads a prefix of `-s` or `-d`, printed with its length or mask and without host bits. */
export const prefix: Reader = (text, family) => {
  if (family === 'ip' && plain4.test(text)) return text
  const read = readMasked(text, family)
  return read === null ? null : withMask({ value: read.value & read.mask, mask: read.mask }, family, false)
}

/**
 * Reads an address with its host bits. A single address is printed without a length (libxt_conntrack, libxt_policy).
 */
export const addressOrPrefix: Reader = (text, family) => {
  const read = readMasked(text, family)
  return read === null ? null : withMask(read, family, true)
}

/** Reads one address. */
export const address: Reader = (text, family) => {
  const read = text.includes('/') ? null : readMasked(text, family)
  return read === null ? null : textOf(read.value, family)
}

/** Reads `first-last`. A single address is a range of one. */
export const addressRange: Reader = (text, family) => {
  const [left = '', right = left, ...more] = text.split('-')
  const [first, last] = [address(left, family), address(right, family)]
  return first === null || last === null || more.length > 0 ? null : `${first}-${last}`
}

/** Reads a prefix in the form `address/length` only (DNPT, SNPT). */
export const lengthPrefix: Reader = (text, family) =>
  text.includes('/') && family === 'ip6' ? addressOrPrefix(text, family) : null

/** The netmask that keeps the whole address in a list. */
export const allOnes: Readonly<Record<Family, string>> = { ip: '255.255.255.255', ip6: text6(all6) }
