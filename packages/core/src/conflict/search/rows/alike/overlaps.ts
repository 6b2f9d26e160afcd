import type { ValueRange } from '@portolan/netfilter'
import type { RangeSet } from '@portolan/netfilter/analysis'

/** A subnet with the network that it belongs to. */
export interface Marked {
  readonly first: number | bigint
  readonly last: number | bigint
  /** The index of the network in the list of networks. */
  readonly network: number
}

/** Sorts subnets of one family by address. Subnets that overlap must be kept apart by the caller (`overlapping`). */
export const inOrder = (subnets: readonly Marked[]): readonly Marked[] =>
  [...subnets].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))

/**
 * Calls back for each subnet that shares an address with a range, and says whether the range covers the whole subnet.
 */
export const eachOverlap = (
  subnets: readonly Marked[],
  { first, last }: ValueRange,
  onOverlap: (network: number, isWhole: boolean) => void,
): void => {
  for (let low = placeOf(subnets, first); low < subnets.length; low += 1) {
    const subnet = subnets[low]
    if (subnet === undefined || subnet.first > last) return
    onOverlap(subnet.network, first <= subnet.first && subnet.last <= last)
  }
}

/** Whether a range shares an address with any of the subnets. */
export const sharesAny = (
  subnets: readonly Marked[],
  first: number | bigint,
  last: number | bigint,
): boolean => {
  const subnet = subnets[placeOf(subnets, first)]
  return subnet !== undefined && subnet.first <= last
}

/** The index of the first subnet that does not end before a value. */
const placeOf = (subnets: readonly Marked[], value: number | bigint): number => {
  let low = 0
  let high = subnets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((subnets[middle]?.last ?? value) < value) low = middle + 1
    else high = middle
  }
  return low
}

/** The subnet of a network, with the network's index. */
export const marked = ({ starts: [first], ends: [last] }: RangeSet, network: number): readonly Marked[] =>
  first === undefined || last === undefined ? [] : [{ first, last, network }]

/** The networks with a subnet that overlaps the subnet of another network. */
export const overlapping = (subnets: readonly Marked[]): readonly number[] => {
  const found: number[] = []
  let before: Marked | undefined
  for (const subnet of subnets) {
    if (before !== undefined && subnet.first <= before.last) found.push(before.network, subnet.network)
    if (before === undefined || subnet.last > before.last) before = subnet
  }
  return found
}

/** The distance from one address to another, as text. */
export const distance = (from: number | bigint | undefined, to: number | bigint | undefined): string =>
  from === undefined || to === undefined ? '' : String(BigInt(to) - BigInt(from))
