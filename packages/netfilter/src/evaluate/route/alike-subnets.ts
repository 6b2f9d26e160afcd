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
 * The subnets of networks that nothing on a host tells apart, so a result for one holds for all. They are in rising
 * order and share no address.
 */
export interface AlikeSubnets {
  readonly subnets: readonly AlikeSubnet[]
}

export interface AlikeSubnet {
  readonly whole: RangeSet
  /** The addresses that the network's containers may have. */
  readonly members: RangeSet
}

/** The condition that a value is in the set, or is not. */
interface Membership {
  readonly set: RangeSet
  readonly inside: boolean
}

/**
 * Widens a condition to every network that is like the network of the value. Null: it holds whatever the value is.
 *
 * Managed rules and routes name each network by its subnet. Each does the same for its own network, so it does not
 * matter which of the networks is meant.
 *
 * @param value - the packet's value in the condition's field
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

/** Cache by identity: the same sets of the routing tables come again and again. */
const widened = new WeakMap<RangeSet, WeakMap<readonly AlikeSubnet[], RangeSet>>()

/** The set, with every subnet added that it does not name in part. */
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

/** The set without the subnets that it names as a whole. */
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
 * The address at the same place in another subnet.
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
