import type { Condition, FreeField, PacketField } from '@portolan/netfilter/analysis'
import {
  hasValue,
  intersectRanges,
  isEmptySet,
  isSingleValue,
  type RangeSet,
  singleValue,
  subtractRanges,
  uniteRanges,
} from '@portolan/netfilter/analysis'

/** A set of packets: all packets with one of the values in each field. */
export type Region = Readonly<Record<PacketField, RangeSet>>

/** The values of one packet. */
export type Point = Readonly<Record<PacketField, number | bigint>>

export const freeFields: readonly PacketField[] = ['daddr', 'saddr', 'dport', 'sport']

/** Every mapping may intersect the same large sets, thousands of times in all. So the results are kept. */
const met = { inside: new WeakMap<RangeSet, WeakMap<RangeSet, RangeSet>>(), outside: new WeakMap() }

/** The values of a set that another set also holds (`inside`), or does not hold. */
export const meet = (set: RangeSet, other: RangeSet, inside: boolean): RangeSet => {
  if (set.starts.length + other.starts.length < LARGE) return meetAnew(set, other, inside)
  const known: WeakMap<RangeSet, WeakMap<RangeSet, RangeSet>> = inside ? met.inside : met.outside
  let of = known.get(set)
  if (of === undefined) {
    of = new WeakMap()
    known.set(set, of)
  }
  const found = of.get(other)
  if (found !== undefined) return found
  const made = meetAnew(set, other, inside)
  of.set(other, made)
  return made
}

const LARGE = 24

/** If the result equals the first set, the set's own object is returned, with all that is kept about it. */
const meetAnew = (set: RangeSet, other: RangeSet, inside: boolean): RangeSet => {
  const made = inside ? intersectRanges(set, other) : subtractRanges(set, other)
  return made === set || isSame(made, set) ? set : made
}

const isSame = (a: RangeSet, b: RangeSet): boolean =>
  a.starts.length === b.starts.length &&
  a.starts.every((start, at) => start === b.starts[at] && a.ends[at] === b.ends[at])

const isPacketField = (field: FreeField): field is PacketField =>
  field === 'saddr' || field === 'daddr' || field === 'sport' || field === 'dport'

/** The packets of a region that meet all conditions. Conditions on the mapping are ignored. */
export const narrow = (region: Region, conditions: readonly Condition[]): Region => {
  const { saddr, daddr, sport, dport } = region
  const cell = { saddr, daddr, sport, dport }
  // A rule is asked on the way there, for the reply and for later packets. Each time it gives the same set.
  const outside: Partial<Record<PacketField, Set<RangeSet>>> = {}
  for (const { field, set, inside } of conditions) {
    if (!isPacketField(field)) continue
    if (inside) cell[field] = meet(cell[field], set, true)
    else {
      const known = outside[field] ?? new Set()
      outside[field] = known.add(set)
    }
  }
  for (const field of freeFields) {
    const sets = outside[field]
    if (sets === undefined) continue
    for (const set of joined([...sets])) cell[field] = meet(cell[field], set, false)
  }
  return cell
}

/**
 * Many small sets are subtracted at once. A few are subtracted one by one, because their results may be kept already.
 */
const joined = (sets: readonly RangeSet[]): readonly RangeSet[] => {
  const small = sets.filter(({ starts }) => starts.length < SMALL)
  if (small.length < SMALL) return sets
  return [...sets.filter(({ starts }) => starts.length >= SMALL), uniteRanges(small)]
}

const SMALL = 8

/** The rest of a region without a part of it, as regions that share no packet. */
export const without = (region: Region, part: Region): readonly Region[] => {
  const left: Region[] = []
  let rest = region
  for (const field of freeFields) {
    if (rest[field] === part[field]) continue
    const outside = meet(rest[field], part[field], false)
    if (!isEmptySet(outside)) left.push(withSet(rest, field, outside))
    rest = withSet(rest, field, part[field])
  }
  return left
}

/** A region with another set in one field. */
export const withSet = (
  { saddr, daddr, sport, dport }: Region,
  field: PacketField,
  set: RangeSet,
): Region => {
  const changed = { saddr, daddr, sport, dport }
  changed[field] = set
  return changed
}

export const isEmptyRegion = ({ saddr, daddr, sport, dport }: Region): boolean =>
  isEmptySet(daddr) || isEmptySet(saddr) || isEmptySet(dport) || isEmptySet(sport)

/** Well-known example values, so that a witness looks like an example (RFC 5737, RFC 3849). */
const likely: Readonly<Record<PacketField, readonly (number | bigint)[]>> = {
  saddr: [0xc6336407, 0xcb007107, 0x20010db8000000000000000000000007n],
  daddr: [0xc6336407, 0xcb007107, 0x20010db8000000000000000000000007n],
  sport: [40000, 50001],
  dport: [443, 80, 8443],
}

/** Values that make a good example of a row. */
export interface Preferences {
  readonly prefers: RangeSet | null
  readonly prefersFrom?: RangeSet
}

const nothingPreferred: Preferences = { prefers: null }

/**
 * Picks a packet of a region, a natural-looking one if there is one. Its addresses differ, and so do its ports, if the
 * region has such a packet: a packet sent to its own source or port is a poor example.
 */
export const pick = (region: Region, { prefers, prefersFrom }: Preferences = nothingPreferred): Point => {
  const saddr = pickValue(preferred(region.saddr, prefersFrom), likely.saddr)
  const sport = pickValue(region.sport, likely.sport)
  const daddr = pickOther(region.daddr, prefers, likely.daddr, saddr)
  const dport = pickOther(region.dport, null, likely.dport, sport)
  return {
    // The destination had no other value.
    saddr: saddr === daddr ? pickOther(region.saddr, prefersFrom, likely.saddr, daddr) : saddr,
    daddr,
    sport: sport === dport ? pickOther(region.sport, null, likely.sport, dport) : sport,
    dport,
  }
}

const preferred = (set: RangeSet, prefers: RangeSet | null | undefined): RangeSet => {
  const best = prefers == null ? set : meet(set, prefers, true)
  return isEmptySet(best) ? set : best
}

/** A value of the set other than the one taken, if the set has another. */
const pickOther = (
  set: RangeSet,
  prefers: RangeSet | null | undefined,
  wanted: readonly (number | bigint)[],
  taken: number | bigint,
): number | bigint => {
  const value = pickValue(preferred(set, prefers), wanted)
  if (value !== taken || isSingleValue(set)) return value
  const others = subtractRanges(set, singleValue(taken))
  return choose(preferred(others, prefers), wanted)
}

/** Whether all packets of a region are sent to their own source. */
export const isToItself = ({ saddr, daddr }: Region): boolean =>
  isSingleValue(saddr) && isSingleValue(daddr) && saddr.starts[0] === daddr.starts[0]

const picked = new WeakMap<RangeSet, number | bigint>()

const pickValue = (set: RangeSet, wanted: readonly (number | bigint)[]): number | bigint => {
  const known = picked.get(set)
  if (known !== undefined) return known
  const value = choose(set, wanted)
  picked.set(set, value)
  return value
}

const choose = (set: RangeSet, wanted: readonly (number | bigint)[]): number | bigint => {
  for (const value of wanted) if (typeof value === typeof set.starts[0] && hasValue(set, value)) return value
  let best = 0
  let most = sizeOf(set, 0)
  for (let at = 1; at < set.starts.length; at += 1) {
    const size = sizeOf(set, at)
    if (size <= most) continue
    best = at
    most = size
  }
  const first = set.starts[best] ?? 0
  // The very first address is more often the network's own than a machine's.
  return most < 10 ? first : typeof first === 'number' ? first + 7 : first + 7n
}

/** How far apart the ends of a range are. */
const sizeOf = ({ starts, ends }: RangeSet, at: number): number => {
  const [start, end] = [starts[at] ?? 0, ends[at] ?? 0]
  return typeof start === 'number' && typeof end === 'number'
    ? end - start
    : Number(BigInt(end) - BigInt(start))
}
