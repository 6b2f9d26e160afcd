import type { Reader } from '../grammar.ts'

/** The code point of a class of RFC 2474, RFC 2597 or RFC 3246. */
const codePoint = (name: string): number | null => {
  if (name === 'BE') return 0
  if (name === 'EF') return 46
  const [, selector] = /^CS([0-7])$/.exec(name) ?? []
  if (selector !== undefined) return Number(selector) * 8
  const [, group, precedence] = /^AF([1-4])([1-3])$/.exec(name) ?? []
  return group === undefined || precedence === undefined ? null : Number(group) * 8 + Number(precedence) * 2
}

/** Reads a class such as `EF`, printed as `0x2e`. */
export const dscpClass: Reader = (text) => {
  const value = codePoint(text.toUpperCase())
  return value === null ? null : `0x${value.toString(16).padStart(2, '0')}`
}
