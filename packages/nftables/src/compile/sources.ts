import {
  type Address,
  type Family,
  formatAddress,
  prefixSet,
  tryParseHostOrPrefix,
} from '@portolan/netfilter'
import { type Element, type Expression, element, text } from '../model/index.ts'

/** An address or a prefix as an expression. The kernel lists a prefix of full length as an address. */
export const prefix = (cidr: string): Expression => {
  const [address = cidr, length] = cidr.split('/')
  const bits = length === undefined ? null : Number(length)
  if (bits === null || bits === (address.includes(':') ? 128 : 32)) return text(address)
  return { kind: 'prefix', address: text(address), length: bits }
}

interface Range {
  readonly first: bigint
  readonly last: bigint
}

const bitsOf = (family: Family): number => (family === 'ip' ? 32 : 128)

const addressOf = (family: Family, value: bigint): Address =>
  family === 'ip' ? { family, value: Number(value) } : { family, value }

/**
 * Merges prefixes into sorted, disjoint ranges that are not adjacent. nft merges the intervals of an anonymous set. Any
 * other list would read back differently from the list that was written.
 */
const merge = (family: Family, prefixes: readonly string[]): readonly Range[] => {
  const parsed = prefixes.map(tryParseHostOrPrefix).filter((found) => found !== null)
  const { starts, ends } = prefixSet(parsed)[family]
  const merged: Range[] = []
  starts.forEach((start, at) => {
    const first = BigInt(start)
    const last = BigInt(ends[at] ?? start)
    const before = merged.at(-1)
    if (before !== undefined && before.last + 1n === first) merged[merged.length - 1] = { ...before, last }
    else merged.push({ first, last })
  })
  return merged
}

/** A range as nft lists it: a prefix where possible, else its two ends. */
export const rangeExpression = (family: Family, { first, last }: Range): Expression => {
  const size = last - first + 1n
  const from = formatAddress(addressOf(family, first))
  const isPrefix = (size & (size - 1n)) === 0n && first % size === 0n
  if (isPrefix) return prefix(`${from}/${bitsOf(family) - (size.toString(2).length - 1)}`)
  return { kind: 'range', first: text(from), last: text(formatAddress(addressOf(family, last))) }
}

/** The sources that may come in: `everyone`, `none`, or the expression that a source address is compared with. */
export const sourcesOf = (
  family: Family,
  prefixes: readonly string[] | null,
): Expression | 'everyone' | 'none' => {
  if (prefixes === null) return 'everyone'
  const ranges = merge(family, prefixes)
  const [only] = ranges
  if (only === undefined) return 'none'
  if (only.first === 0n && only.last === (1n << BigInt(bitsOf(family))) - 1n) return 'everyone'
  if (ranges.length === 1) return rangeExpression(family, only)
  const elements: readonly Element[] = ranges.map((range) => element(rangeExpression(family, range)))
  return { kind: 'set', elements }
}
