import type { ValueRange } from '@portolan/netfilter'
import type { RangeSet } from '@portolan/netfilter/analysis'

/** A subnet, and what is known of it so far. */
export interface Marked {
  readonly first: number | bigint
  readonly last: number | bigint
  /** The network it is of, by its place. */
  readonly network: number
}

/** Subnets of one family that rise. Those that overlap are told apart by their makers. */
export const inOrder = (subnets: readonly Marked[]): readonly Marked[] =>
  [...subnets].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))

/** Calls with each subnet that shares an address with a range, and whether the range has the whole of it. */
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

/** Has a range an address of any of the subnets? */
export const sharesAny = (
  subnets: readonly Marked[],
  first: number | bigint,
  last: number | bigint,
): boolean => {
  const subnet = subnets[placeOf(subnets, first)]
  return subnet !== undefined && subnet.first <= last
}

/** The place of the first subnet that does not end before a value. */
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

/** A subnet as marked. */
export const marked = ({ starts: [first], ends: [last] }: RangeSet, network: number): readonly Marked[] =>
  first === undefined || last === undefined ? [] : [{ first, last, network }]

/** The networks whose subnets share an address with that of another. */
export const overlapping = (subnets: readonly Marked[]): readonly number[] => {
  const found: number[] = []
  let before: Marked | undefined
  for (const subnet of subnets) {
    if (before !== undefined && subnet.first <= before.last) found.push(before.network, subnet.network)
    if (before === undefined || subnet.last > before.last) before = subnet
  }
  return found
}

/** How far one address is behind another, as text. */
export const distance = (from: number | bigint | undefined, to: number | bigint | undefined): string =>
  from === undefined || to === undefined ? '' : String(BigInt(to) - BigInt(from))
