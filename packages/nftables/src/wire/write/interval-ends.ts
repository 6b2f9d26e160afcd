import { bitsOf, tryParseAddress } from '@portolan/netfilter'
import type { Element, Expression } from '../../model/index.ts'
import { unwritable } from './unwritable.ts'

/** An element of an interval set in the kernel's form: the first value, and the first value after the interval. */
export interface Ends {
  readonly element: Element
  readonly start: bigint
  /** Null: the interval reaches up to the last value of the type. */
  readonly end: bigint | null
}

interface Range {
  readonly first: bigint
  readonly last: bigint
}

const point = (value: Expression, type: string): bigint => {
  if (type === 'integer' && value.kind === 'number') return BigInt(value.value)
  const address = value.kind === 'text' ? tryParseAddress(value.text) : null
  if (address?.family === 'ip' && type === 'ipv4_addr') return BigInt(address.value)
  if (address?.family === 'ip6' && type === 'ipv6_addr') return address.value
  throw unwritable(value)
}

/** The bits of a type. Numbers have four bytes, like IPv4 addresses. */
const bitsOfType = (type: string): number => bitsOf({ family: type === 'ipv6_addr' ? 'ip6' : 'ip' })

/** The first and last value of an address, a prefix or a range. */
export const rangeOf = (key: Expression, type: string): Range => {
  if (key.kind === 'range') return { first: point(key.first, type), last: point(key.last, type) }
  if (key.kind === 'prefix') {
    const size = 1n << BigInt(bitsOfType(type) - key.length)
    const address = point(key.address, type)
    const first = address - (address % size)
    return { first, last: first + size - 1n }
  }
  const first = point(key, type)
  return { first, last: first }
}

/** The intervals of elements, sorted by their start. */
export const endsOf = (elements: readonly Element[], type: string): readonly Ends[] => {
  const highest = (1n << BigInt(bitsOfType(type))) - 1n
  return elements
    .map((element): Ends => {
      const { first, last } = rangeOf(element.key, type)
      return { element, start: first, end: last === highest ? null : last + 1n }
    })
    .sort((a, b) => (a.start < b.start ? -1 : 1))
}
