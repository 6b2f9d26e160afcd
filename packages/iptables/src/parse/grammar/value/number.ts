import type { Reader } from '../grammar.ts'

const form = /^(?:0x[0-9a-f]{1,16}|0[0-7]{0,22}|[1-9]\d{0,19})$/i

/** A number as strtoull(3) with base 0 reads it: `16`, `0x10` and `020` are the same. */
export const readNumber = (text: string): bigint | null => {
  if (!form.test(text)) return null
  return /^0\d/.test(text) ? BigInt(`0o${text.slice(1)}`) : BigInt(text)
}

/** A number up to 2^53; null above `last`, or below `first`. */
export const readWhole = (text: string, last: number, first = 0): number | null => {
  const value = readNumber(text)
  return value === null || value > BigInt(last) || value < BigInt(first) ? null : Number(value)
}

/** Printed in decimal. */
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

/** Printed as `0x`, with leading zeros up to `digits`. */
export const hex =
  (last: number, digits = 1): Reader =>
  (text) => {
    const value = readWhole(text, last)
    return value === null ? null : `0x${value.toString(16).padStart(digits, '0')}`
  }

/** `value/mask`, printed in hex; without the mask where it is all ones. */
export const masked: Reader = (text) => {
  const [left = '', right, ...more] = text.split('/')
  const value = readWhole(left, 0xffffffff)
  const mask = right === undefined ? 0xffffffff : readWhole(right, 0xffffffff)
  if (value === null || mask === null || more.length > 0) return null
  return mask === 0xffffffff ? `0x${value.toString(16)}` : `0x${value.toString(16)}/0x${mask.toString(16)}`
}

/** `first:last`, with either left out; `3` where both are. */
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
