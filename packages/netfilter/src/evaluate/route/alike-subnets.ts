import {
  hasValue,
  includesRanges,
  intersects,
  isEmptySet,
  type RangeSet,
  subtractRanges,
  uniteRanges,
} from '../../address/range-set.ts'

/**
 * The subnets of networks that nothing on a host tells apart. What is found of one holds for all. They rise, and share
 * no address.
 */
export interface AlikeSubnets {
  readonly subnets: readonly AlikeSubnet[]
}

export interface AlikeSubnet {
  readonly whole: RangeSet
  /** The addresses that its containers may have. */
  readonly members: RangeSet
}

/** A value is in the set, or is not. */
interface Membership {
  readonly set: RangeSet
  readonly inside: boolean
}

/**
 * The condition as it is for every network that is like the one of the value. Null: it holds whatever the value is.
 *
 * Our rules name each network by its subnet, and so do its routes. Each does the same for its own network, so which of
 * the networks it is asked for tells nothing.
 *
 * @param value - the packet's value of what is asked
 */
export const forAlike = <Condition extends Membership>(
  { subnets }: AlikeSubnets,
  condition: Condition,
  value: number | bigint,
): Condition | null => {
  const own = subnets[placeOf(subnets, value)]
  if (own === undefined || !hasValue(own.members, value)) return condition
  const { set, inside } = condition
  if (inside)
    return includesRanges(set, own.members) ? { ...condition, set: withAll(subnets, set) } : condition
  if (intersects(set, own.members)) return condition
  const left = withoutAny(subnets, set)
  return isEmptySet(left) ? null : { ...condition, set: left }
}

/** Sets of the routing tables are asked for again and again, and are known by their identity. */
const widened = new WeakMap<RangeSet, WeakMap<readonly AlikeSubnet[], RangeSet>>()

/** With every subnet that the set does not name in part. */
const withAll = (subnets: readonly AlikeSubnet[], set: RangeSet): RangeSet => {
  const known = widened.get(set) ?? new WeakMap<readonly AlikeSubnet[], RangeSet>()
  widened.set(set, known)
  const found = known.get(subnets)
  if (found !== undefined) return found
  const added = subnets.flatMap(({ members }) => (intersects(members, set) ? [] : [members]))
  const made = uniteRanges([set, ...added])
  known.set(subnets, made)
  return made
}

/** Without the subnets that the set names as a whole. */
const withoutAny = (subnets: readonly AlikeSubnet[], set: RangeSet): RangeSet => {
  let left = set
  for (const [at, first] of set.starts.entries()) {
    const last = set.ends[at] ?? first
    for (let place = placeOf(subnets, first); place < subnets.length; place += 1) {
      const subnet = subnets[place]
      if (subnet === undefined || (subnet.whole.starts[0] ?? last) > last) break
      if (includesRanges(set, subnet.members)) left = subtractRanges(left, subnet.whole)
    }
  }
  return left
}

/** The place of the first subnet that does not end before a value. */
const placeOf = (subnets: readonly AlikeSubnet[], value: number | bigint): number => {
  let low = 0
  let high = subnets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((subnets[middle]?.whole.ends[0] ?? value) < value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The address that has the same place in another subnet.
 *
 * @param near - an address of the other subnet
 * @returns null where one of the addresses is in none of the subnets
 */
export const movedTo = (
  { subnets }: AlikeSubnets,
  value: number | bigint,
  near: number | bigint,
): number | bigint | null => {
  const [from, to] = [subnets[placeOf(subnets, value)], subnets[placeOf(subnets, near)]]
  if (from === undefined || to === undefined || !hasValue(from.whole, value) || !hasValue(to.whole, near))
    return null
  const [start, other] = [from.whole.starts[0], to.whole.starts[0]]
  if (typeof value === 'number') return value - Number(start) + Number(other)
  return value - BigInt(start ?? 0) + BigInt(other ?? 0)
}
