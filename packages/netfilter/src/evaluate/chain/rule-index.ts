import type { World } from '../packet/world.ts'
import { onceForEach } from '../value/once.ts'
import { cutSegments, findSegment, type OwnedRange, type Segments } from '../value/segments.ts'
import { type Asked, type AskedColumn, bitOf, type Heads, type Key, keys } from './rule-heads.ts'

/** Below this many rules a walk is as fast. */
const SHORT = 8
/** The most entries in the lists of segments, for each range. */
const SPREAD = 64

/**
 * An index of a long chain's rules, to find those that can match a packet. Each rule is found by one field that it
 * matches on, its home. Rules with another value in this field are skipped without being read.
 */
export interface RuleIndex {
  readonly homes: readonly Home[]
  /** Rules that match on none of the fields. */
  readonly rest: readonly number[]
}

/** The rules that are found by one field. */
interface Home {
  readonly key: Key
  readonly part: IndexPart
  readonly isHome: (at: number) => boolean
  /** Cache: the rules found for a value. */
  readonly found: Map<unknown, readonly number[]>
}

/** The most values cached for a field. */
const MOST_FOUND = 4_096

/** All rules of a chain that match on a field. */
interface IndexPart {
  readonly buckets: Buckets
  readonly segments: Segments | null
  /** Rules with so many overlapping ranges that cutting these would not pay. */
  readonly loose: readonly number[]
}

/**
 * Builds the index of a chain; null when it is short. The parts are shared by all indexes of the chain.
 *
 * @param heads - the values that the leading matches of each rule accept
 * @param among - the rules to index; all unless told
 * @param by - the fields that may be used
 */
export const indexRules = (
  heads: Heads,
  among: readonly number[] = placesBelow(heads.asks.length),
  by: readonly Key[] = keys,
): RuleIndex | null => {
  if (among.length < SHORT) return null
  const order = orderOf(heads, by)
  const bits = order.map((key) => bitOf[key])
  const home = new Int8Array(heads.asks.length).fill(ELSEWHERE)
  const rest: number[] = []
  const used = new Set<number>()
  for (const at of among) {
    const asks = heads.asks[at] ?? 0
    let number = 0
    while (number < bits.length && (asks & (bits[number] ?? 0)) === 0) number += 1
    if (number === bits.length) rest.push(at)
    else {
      home[at] = number
      used.add(number)
    }
  }
  const homes = order.flatMap((key, number): Home[] =>
    used.has(number)
      ? [{ key, part: partOf(heads.of[key]), isHome: (at) => home[at] === number, found: new Map() }]
      : [],
  )
  return { homes, rest }
}

/** A plain loop: `Array.from` would use an iterator for each of ten thousand. */
const placesBelow = (count: number): readonly number[] => {
  const places: number[] = []
  for (let place = 0; place < count; place += 1) places.push(place)
  return places
}

/** The home of a rule that is not indexed, or that matches on none of the fields. */
const ELSEWHERE = -1

/** The fields that rules match on. The field that tells most rules of a chain apart comes first. */
const orderOf = ({ of }: Heads, by: readonly Key[]): readonly Key[] =>
  keys
    .filter((key) => by.includes(key) && of[key].places.length > 0)
    .sort((a, b) => gainOf(of[b]) - gainOf(of[a]))

/**
 * The rules that a field spares a packet, at least: all that match on it, except those with its most frequent value.
 */
const gainOf = onceForEach(({ places, firsts, lasts, asked }: AskedColumn): number => {
  // Most fields are weighed and then not used. Numbers in a row take less memory than the lists of a map.
  const numbers = new Float64Array(places.length)
  const others = new Map<unknown, number>()
  let count = 0
  const add = (value: unknown): void => {
    if (typeof value !== 'number' || count === numbers.length) {
      others.set(value, (others.get(value) ?? 0) + 1)
      return
    }
    numbers[count] = value
    count += 1
  }
  for (let at = 0; at < places.length; at += 1) {
    const more = asked.get(at)
    if (more !== undefined) for (const value of singlesOf(more)) add(value)
    else if (firsts[at] === lasts[at]) add(firsts[at])
  }
  let longest = longestRun(numbers.subarray(0, count).sort())
  for (const often of others.values()) longest = Math.max(longest, often)
  return places.length - longest
})

const singlesOf = ({ ranges, names }: Asked): readonly unknown[] => [
  ...ranges.flatMap(({ first, last }) => (first === last ? [first] : [])),
  ...names,
]

const wideOf = ({ ranges }: Asked, owner: number): readonly OwnedRange[] =>
  ranges.flatMap(({ first, last }) => (first === last ? [] : [{ first, last, owner }]))

/** How often the most frequent number of a rising list occurs. */
const longestRun = (rising: Float64Array): number => {
  let longest = 0
  let from = 0
  for (let at = 1; at <= rising.length; at += 1) {
    if (rising[at] === rising[from]) continue
    longest = Math.max(longest, at - from)
    from = at
  }
  return longest
}

type Buckets = ReadonlyMap<unknown, readonly number[]>

/** The rules that match single values, by value. */
const bucketsOf = ({ places, firsts, lasts, asked }: AskedColumn): Buckets => {
  const buckets = new Map<unknown, number[]>()
  const add = (value: unknown, place: number): void => {
    const bucket = buckets.get(value)
    if (bucket === undefined) buckets.set(value, [place])
    else if (bucket.at(-1) !== place) bucket.push(place)
  }
  for (let at = 0; at < places.length; at += 1) {
    const place = places[at] ?? 0
    const more = asked.get(at)
    if (more !== undefined) for (const value of singlesOf(more)) add(value, place)
    else if (firsts[at] === lasts[at]) add(firsts[at], place)
  }
  return buckets
}

const partOf = onceForEach((column: AskedColumn): IndexPart => {
  const { places, firsts, lasts, asked } = column
  const ranges: OwnedRange[] = []
  const ranged: number[] = []
  for (let at = 0; at < places.length; at += 1) {
    const owner = places[at] ?? 0
    const before = ranges.length
    const first = firsts[at] ?? 0
    const last = lasts[at] ?? 0
    const more = asked.get(at)
    if (more !== undefined) ranges.push(...wideOf(more, owner))
    else if (first !== last) ranges.push({ first, last, owner })
    if (ranges.length > before) ranged.push(owner)
  }
  const segments = ranges.length === 0 ? null : cutSegments(ranges, ranges.length * SPREAD)
  // A loose rule stays in its buckets too, which only costs a second look.
  return { buckets: bucketsOf(column), segments, loose: segments === null ? ranged : [] }
})

const readKey = (world: World, key: Key): unknown => {
  if (key === 'l4proto') return world.protocol
  if (key === 'iifname') return world.in?.name ?? ''
  return key === 'oifname' ? (world.out?.name ?? '') : world[key]
}

/** The rules that may match a packet, by their place in the chain, rising. */
export const candidates = ({ homes, rest }: RuleIndex, world: World): readonly number[] => {
  let all = rest
  for (const home of homes) all = mergePlaces(all, candidatesAt(home, readKey(world, home.key)))
  return all
}

const candidatesAt = ({ part, isHome, found }: Home, value: unknown): readonly number[] => {
  const known = found.get(value)
  if (known !== undefined) return known
  const { buckets, segments, loose } = part
  const exact = (buckets.get(value) ?? []).filter(isHome)
  const within =
    segments !== null && (typeof value === 'number' || typeof value === 'bigint')
      ? findSegment(segments, value).filter(isHome)
      : []
  const made = mergePlaces(mergePlaces(exact, within), loose.filter(isHome))
  if (found.size >= MOST_FOUND) found.clear()
  found.set(value, made)
  return made
}

/** Two rising lists as one, without doubles. */
export const mergePlaces = (a: readonly number[], b: readonly number[]): readonly number[] => {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const merged: number[] = []
  let j = 0
  for (const x of a) {
    for (let y = b[j]; y !== undefined && y <= x; y = b[j]) {
      if (y < x) merged.push(y)
      j += 1
    }
    merged.push(x)
  }
  for (; j < b.length; j += 1) merged.push(b[j] ?? 0)
  return merged
}
