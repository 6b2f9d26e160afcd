import {
  between,
  bitwise,
  compare,
  type Expression,
  type Family,
  type MatchStep,
  oneOf,
  type ValueSet,
} from '@portolan/netfilter'
import { readMasked } from '../../parse/grammar/value/address.ts'

/** The value of an address in the model: a number for IPv4, a bigint for IPv6. */
const valueOfFamily = (value: bigint, family: Family): number | bigint =>
  family === 'ip' ? Number(value) : value

export const addressSpan = (first: bigint, last: bigint, family: Family): ValueSet =>
  // A range such as `10.0.0.9-10.0.0.5` is empty.
  first > last
    ? { kind: 'ranges', ranges: [] }
    : between(valueOfFamily(first, family), valueOfFamily(last, family))

export const unknownMatch = (text: string, random = false): MatchStep => ({
  kind: 'unknown-match',
  text,
  random,
})

/** The lowest and the highest address of a prefix; null for a mask that is not a prefix. */
export const prefixSpan = (
  text: string,
  family: Family,
): { readonly first: bigint; readonly last: bigint } | null => {
  const read = readMasked(text, family)
  if (read === null) return null
  const all = (1n << (family === 'ip' ? 32n : 128n)) - 1n
  const free = all ^ read.mask
  // In a prefix all free bits are at the end.
  if ((free & (free + 1n)) !== 0n) return null
  const first = read.value & read.mask
  return { first, last: first | free }
}

/** Compares an address with a prefix, or with a value under a mask. */
export const inPrefix = (
  expression: Expression,
  text: string,
  negated: boolean,
  family: Family,
): MatchStep => {
  const span = prefixSpan(text, family)
  if (span !== null) return compare(expression, addressSpan(span.first, span.last, family), negated)
  const read = readMasked(text, family)
  if (read === null) return unknownMatch(text)
  const mask = valueOfFamily(read.mask, family)
  const value = valueOfFamily(read.value & read.mask, family)
  return compare(bitwise('and', expression, mask), oneOf(value), negated)
}

/** Compares an address with a range `first-last`. */
export const inRange = (
  expression: Expression,
  text: string,
  negated: boolean,
  family: Family,
): MatchStep => {
  const [left = '', right = left] = text.split('-')
  const [first, last] = [readMasked(left, family), readMasked(right, family)]
  if (first === null || last === null) return unknownMatch(text)
  return compare(expression, addressSpan(first.value, last.value, family), negated)
}
