import type { Reader } from '../grammar.ts'

const form = /^(?:0x[0-9a-f]{1,16}|0[0-7]{0,22}|[1-9]\d{0,19})$/i

/** Reads a number as strtoull(3) with base 0 does: `16`, `0x10` and `020` are equal. */
export const readNumber = (text: string): bigint | null => {
  if (!form.test(text)) return null
  return /^0\d/.test(text) ? BigInt(`0o${text.slice(1)}`) : BigInt(text)
}

/** Reads a number up to 2^53; null above `last` or below `first`. */
export const readWhole = (text: string, last: number, first = 0): number | null => {
  const value = readNumber(text)
  return value === null || value > BigInt(last) || value < BigInt(first) ? null : Number(value)
}

/** Reads a whole number, printed in decimal. */
export const whole =
  (last: number, first = 0): Reader =>
  (text) =>
    readWhole(text, last, first)?.toString() ?? null

export const u8: Reader = whole(255)
export const u16: Reader = whole(65535)
export const u32: Reader = whole(0xffffffff)

export const u64: Reader = (text) => {
  const value = readNumber(text)
  return value === null || value >= 1n << 64n ? null : value.toString()
}

/** Reads a whole number, printed as `0x` with leading zeros up to `digits`. */
export const hex =
  (last: number, digits = 1): Reader =>
  (text) => {
    const value = readWhole(text, last)
    return value === null ? null : `0x${value.toString(16).padStart(digits, '0')}`
  }

/** Reads `value/mask`, printed in hex. A mask of all ones is left out. */
export const masked: Reader = (text) => {
  const [left = '', right, ...more] = text.split('/')
  const value = readWhole(left, 0xffffffff)
  const mask = right === undefined ? 0xffffffff : readWhole(right, 0xffffffff)
  if (value === null || mask === null || more.length > 0) return null
  return mask === 0xffffffff ? `0x${value.toString(16)}` : `0x${value.toString(16)}/0x${mask.toString(16)}`
}

/** Reads `first:last` with either end left out. A range of one value is printed as that value. */
export const span =
  (most: number | bigint, one: (text: string) => bigint | null = readNumber): Reader =>
  (text) => {
    const last = BigInt(most)
    const [left = '', right, ...more] = text.split(':')
    if (more.length > 0) return null
    const from = left === '' && right !== undefined ? 0n : one(left)
    const to = right === undefined ? from : right === '' ? last : one(right)
    if (from === null || to === null || from > to || to > last) return null
    return from === to ? `${from}` : `${from}:${to}`
  }
