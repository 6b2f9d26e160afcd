import { type Asked, askedOf, type Head, type Key, keys, rulesAsking } from './rule-heads.ts'
import { cutSegments, findSegment, type OwnedRange, type Segments } from './segments.ts'
import type { World } from './world.ts'

/** Below this many rules a walk is as fast. */
const SHORT = 8
/** How long the lists of segments may be, for each range. */
const SPREAD = 64

/**
 * Which rules of a long chain can match at all: each is found by one field that it asks for, and those that ask for
 * another value of it are passed by without being read.
 */
export interface RuleIndex {
  readonly parts: readonly IndexPart[]
  /** Rules that ask for none of the fields. */
  readonly rest: readonly number[]
}

/** The rules that are found by one field. */
interface IndexPart {
  readonly key: Key
  readonly buckets: ReadonlyMap<unknown, readonly number[]>
  readonly segments: Segments | null
  /** Rules that ask for so many overlapping ranges that cutting them would not pay. */
  readonly loose: readonly number[]
}

/**
 * Builds the index of a chain; null when it is short, or no field tells enough of its rules apart.
 *
 * @param heads - what each rule asks first
 * @param among - the rules to index; all unless told
 * @param by - the fields that may be asked
 */
export const indexRules = (
  heads: readonly Head[],
  among: readonly number[] = heads.map((_, at) => at),
  by: readonly Key[] = keys,
): RuleIndex | null => {
  if (among.length < SHORT) return null
  const order = orderOf(heads).filter((key) => by.includes(key))
  const homes = order.map((): number[] => [])
  const rest: number[] = []
  for (const at of among) {
    const head = heads[at]
    let home = rest
    for (let place = 0; place < order.length && home === rest; place += 1) {
      const key = order[place]
      if (key !== undefined && askedOf(head, key) !== null) home = homes[place] ?? rest
    }
    home.push(at)
  }
  const parts = order.flatMap((key, at) => {
    const places = homes[at] ?? []
    return places.length === 0 ? [] : [partOf(heads, places, key)]
  })
  const longest = parts.reduce((sum, part) => sum + longestOf(part), rest.length)
  return among.length - longest < SHORT / 2 ? null : { parts, rest }
}

const orders = new WeakMap<readonly Head[], readonly Key[]>()

/** The fields, those that tell most rules of a chain apart first. */
const orderOf = (heads: readonly Head[]): readonly Key[] => {
  const known = orders.get(heads)
  if (known !== undefined) return known
  const gains = new Map(keys.map((key) => [key, gainOf(heads, key)]))
  const order = keys.toSorted((a, b) => (gains.get(b) ?? 0) - (gains.get(a) ?? 0))
  orders.set(heads, order)
  return order
}

/** How many rules a field spares a packet at the least: all that ask for it, but for those that ask for one value. */
const gainOf = (heads: readonly Head[], key: Key): number => {
  const counts = new Map<unknown, number>()
  const asking = rulesAsking(heads, key)
  let longest = 0
  for (const at of asking) {
    const asked = askedOf(heads[at], key)
    if (asked === null) continue
    for (const value of singlesOf(asked)) {
      const count = (counts.get(value) ?? 0) + 1
      counts.set(value, count)
      if (count > longest) longest = count
    }
  }
  return asking.length - longest
}

/** The single values among what is asked for. */
const singlesOf = ({ ranges, names }: Asked): readonly unknown[] => {
  if (ranges.length === 0) return names
  const singles: unknown[] = []
  for (const { first, last } of ranges) if (first === last) singles.push(first)
  return singles
}

const partOf = (heads: readonly Head[], places: readonly number[], key: Key): IndexPart => {
  const buckets = new Map<unknown, number[]>()
  const ranges: OwnedRange[] = []
  const ranged: number[] = []
  for (const at of places) {
    const asked = askedOf(heads[at], key)
    if (asked === null) continue
    const before = ranges.length
    for (const { first, last } of asked.ranges) if (first !== last) ranges.push({ first, last, owner: at })
    if (ranges.length > before) ranged.push(at)
    for (const value of singlesOf(asked)) {
      const bucket = buckets.get(value)
      if (bucket === undefined) buckets.set(value, [at])
      else if (bucket.at(-1) !== at) bucket.push(at)
    }
  }
  const segments = ranges.length === 0 ? null : cutSegments(ranges, ranges.length * SPREAD)
  // Loose ones stay in their buckets too, which only costs a second look.
  return { key, buckets, segments, loose: segments === null ? ranged : [] }
}

/** How many rules of a part may have to be read at the most. */
const longestOf = ({ buckets, segments, loose }: IndexPart): number => {
  let longest = 0
  for (const bucket of buckets.values()) longest = Math.max(longest, bucket.length)
  let within = 0
  for (const list of segments?.lists ?? []) within = Math.max(within, list.length)
  return longest + within + loose.length
}

const readKey = (world: World, key: Key): unknown => {
  if (key === 'l4proto') return world.protocol
  if (key === 'iifname') return world.in?.name ?? ''
  return key === 'oifname' ? (world.out?.name ?? '') : world[key]
}

/** The rules that may match a packet, by their place in the chain, rising. */
export const candidates = ({ parts, rest }: RuleIndex, world: World): readonly number[] => {
  let found = rest
  for (const { key, buckets, segments, loose } of parts) {
    const value = readKey(world, key)
    const exact = buckets.get(value)
    if (exact !== undefined) found = mergePlaces(found, exact)
    if (segments !== null && (typeof value === 'number' || typeof value === 'bigint'))
      found = mergePlaces(found, findSegment(segments, value))
    if (loose.length > 0) found = mergePlaces(found, loose)
  }
  return found
}

/** Two rising lists as one, without doubles. */
export const mergePlaces = (a: readonly number[], b: readonly number[]): readonly number[] => {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const merged: number[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const x = a[i] ?? Number.POSITIVE_INFINITY
    const y = b[j] ?? Number.POSITIVE_INFINITY
    merged.push(Math.min(x, y))
    if (x <= y) i += 1
    if (y <= x) j += 1
  }
  return merged
}
