import type { Address } from './address.ts'
import { lastAddress, type Prefix, prefixAround } from './prefix.ts'

/**
 * The fewest prefixes that cover a range of addresses, lowest first. None when `last` lies before `first` or is of
 * another family.
 *
 * @example
 * rangePrefixes(parseAddress('10.0.0.1'), parseAddress('10.0.0.3')).map(formatPrefix) // ['10.0.0.1/32', '10.0.0.2/31']
 * @public @since 0.1.0
 */
export const rangePrefixes = (first: Address, last: Address): readonly Prefix[] => {
  if (first.family !== last.family || first.value > last.value) return []
  for (let length = 0; ; length += 1) {
    const prefix = prefixAround(first, length)
    const end = lastAddress(prefix)
    if (prefix.base !== first.value || end.value > last.value) continue
    if (end.value === last.value) return [prefix]
    return [prefix, ...rangePrefixes(next(end), last)]
  }
}

const next = (address: Address): Address =>
  address.family === 'ip'
    ? { family: 'ip', value: address.value + 1 }
    : { family: 'ip6', value: address.value + 1n }
