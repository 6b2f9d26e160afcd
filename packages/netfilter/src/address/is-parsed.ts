import type { Address } from './address.ts'
import type { Prefix } from './prefix.ts'

const LAST4 = 2 ** 32 - 1
const LAST6 = 2n ** 128n - 1n

/** Whether a value has the form that `parseAddress` returns. Callers in JavaScript may pass any value. */
export const isAddress = (given: unknown): given is Address => {
  if (typeof given !== 'object' || given === null) return false
  const { family, value } = given as { readonly family?: unknown; readonly value?: unknown }
  return isIn(family, value)
}

/** Whether a value has the form that `parsePrefix` returns. */
export const isPrefix = (given: unknown): given is Prefix => {
  if (typeof given !== 'object' || given === null) return false
  const { family, base, length } = given as Readonly<Record<'family' | 'base' | 'length', unknown>>
  return (
    isIn(family, base) &&
    typeof length === 'number' &&
    Number.isInteger(length) &&
    length >= 0 &&
    length <= (family === 'ip' ? 32 : 128)
  )
}

const isIn = (family: unknown, value: unknown): boolean => {
  if (family === 'ip') return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LAST4
  return family === 'ip6' && typeof value === 'bigint' && value >= 0n && value <= LAST6
}
