import {
  bitsOf,
  firstAddress,
  type Prefix,
  prefixAround,
  prefixesOverlap,
  samePrefix,
} from '@portolan/netfilter'
import type { PlanState } from '../pool/plan-state.ts'
import { space4, space6 } from '../pool/space.ts'
import type { MapCell } from './address-map.ts'
import { type HolderList, placeOf, reservationsIn } from './holder-list.ts'

/** A picked subnet and its place in the list of picks. */
export interface Picked {
  readonly prefix: Prefix
  readonly place: number
}

/**
 * Cuts a prefix into `count` equal parts, or into its single addresses if there are fewer. `count` is a power of two.
 */
export const partsOf = (prefix: Prefix, count: number): readonly Prefix[] => {
  const length = Math.min(prefix.length + Math.log2(count), bitsOf(prefix))
  const parts = 2 ** (length - prefix.length)
  if (prefix.family === 'ip') {
    const size = space4.lastOf(0, length) + 1
    return Array.from({ length: parts }, (_, at) => ({ family: 'ip', base: prefix.base + at * size, length }))
  }
  const size = space6.lastOf(0n, length) + 1n
  return Array.from({ length: parts }, (_, at) => ({
    family: 'ip6',
    base: prefix.base + BigInt(at) * size,
    length,
  }))
}

/** What each part of a prefix contains, when the prefix is cut into subnets of one size. */
export const cellsOf = (
  state: PlanState,
  list: HolderList,
  { prefix, size, count }: { readonly prefix: Prefix; readonly size: number; readonly count: number },
  picked: readonly Picked[],
): readonly MapCell[] => {
  let around: Prefix | null = null
  let spoiler = -1
  return partsOf(prefix, count).map((part): MapCell => {
    const pick = picked.find((one) => prefixesOverlap(one.prefix, part))
    if (pick !== undefined) return { kind: 'picked', pick: pick.place }
    const [holder] = reservationsIn(state, part, 8)
    if (holder !== undefined) return { kind: 'held', holder: placeOf(list, holder) }
    if (part.length <= size) return { kind: 'free' }
    const subnet = prefixAround(firstAddress(part), size)
    if (around === null || !samePrefix(around, subnet)) {
      const [beside] = reservationsIn(state, subnet, 8)
      around = subnet
      spoiler = beside === undefined ? -2 : placeOf(list, beside)
    }
    return spoiler === -2 ? { kind: 'free' } : { kind: 'spoiled', holder: spoiler }
  })
}
