import { bitsOf, type Family, tryParseAddress } from '@portolan/netfilter'
import { rangeExpression } from '../../compile/sources.ts'
import { type Expression, number } from '../../model/index.ts'

/** The order of a type's values. nft sorts elements by it, and intervals are made of it. */
export interface Scale {
  readonly last: bigint
  /** The position of a value; null when the value has another type. */
  readonly placeOf: (value: Expression) => bigint | null
  /** The interval from one position to another, both included, as nft lists it. */
  readonly between: (first: bigint, last: bigint) => Expression
}

const addresses = (family: Family): Scale => ({
  last: (1n << BigInt(bitsOf({ family }))) - 1n,
  placeOf: (value) => {
    const address = value.kind === 'text' ? tryParseAddress(value.text) : null
    return address?.family === family ? BigInt(address.value) : null
  },
  between: (first, last) => rangeExpression(family, { first, last }),
})

const numbers: Scale = {
  last: 0xffff_ffffn,
  placeOf: (value) => (value.kind === 'number' ? BigInt(value.value) : null),
  between: (first, last) =>
    first === last
      ? number(Number(first))
      : { kind: 'range', first: number(Number(first)), last: number(Number(last)) },
}

const scales: Readonly<Record<string, Scale>> = {
  ipv4_addr: addresses('ip'),
  ipv6_addr: addresses('ip6'),
  integer: numbers,
  host_integer: numbers,
}

/** The scale of a single type; null for a concatenation, or for a type without an order here. */
export const scaleOf = (types: readonly string[]): Scale | null => {
  const [only, ...others] = types
  return only === undefined || others.length > 0 ? null : (scales[only] ?? null)
}
