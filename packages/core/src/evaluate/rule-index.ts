import { type Head, type Key, keys } from './rule-heads.ts'
import { cutSegments, findSegment, type OwnedRange, type Segments } from './segments.ts'
import type { World } from './world.ts'

/** Below this many rules a walk is as fast. */
const SHORT = 8
/** How long the lists of segments may be, for each range. */
const SPREAD = 64

/**
 * Which rules of a long chain can match at all: those that ask for the packet's very value of a field, or for a
 * range that holds it, and those that ask nothing of the field. The others are passed by without being read.
 */
export interface RuleIndex {
  readonly key: Key
  readonly buckets: ReadonlyMap<unknown, readonly number[]>
  readonly segments: Segments | null
  /** Rules that the field does not tell apart. */
  readonly rest: readonly number[]
  /** They may be told apart by another field. */
  readonly restIndex: RuleIndex | null
}

/**
 * Builds the index of a chain; null when no field tells enough of its rules apart.
 *
 * @param heads - what each rule asks first
 * @param among - the rules to index; all unless told
 * @param by - the fields that may be asked
 */
export const indexRules = (
  heads: readonly Head[],
  among: readonly number[] = heads.map((_, at) => at),
  by: readonly Key[] = keys,
): RuleIndex | null => (among.length < SHORT ? null : build(heads, among, by))

const build = (heads: readonly Head[], among: readonly number[], left: readonly Key[]): RuleIndex | null => {
  const likely = left
    .map((key) => ({ key, most: mostGain(heads, among, key) }))
    .sort((a, b) => b.most - a.most)
  let best: Split | null = null
  for (const { key, most } of likely) {
    // No field tells more apart than its single values and ranges allow at best.
    if (most < SHORT / 2 || (best !== null && best.gain >= most)) break
    const split = splitBy(heads, among, key)
    if (best === null || split.gain > best.gain) best = split
  }
  if (best === null || best.gain < SHORT / 2) return null
  const { key, buckets, segments, rest } = best
  const others = left.filter((other) => other !== key)
  return { key, buckets, segments, rest, restIndex: rest.length < SHORT ? null : build(heads, rest, others) }
}

type Split = Omit<RuleIndex, 'restIndex'> & { readonly gain: number }

/** How many rules a field may spare a packet at best: all that ask for it, but for those that ask for one value. */
const mostGain = (heads: readonly Head[], among: readonly number[], key: Key): number => {
  const counts = new Map<unknown, number>()
  let asking = 0
  let longest = 0
  for (const at of among) {
    const asked = heads[at]?.get(key)
    if (asked === undefined) continue
    asking += 1
    for (const value of asked.singles) {
      const count = (counts.get(value) ?? 0) + 1
      counts.set(value, count)
      if (count > longest) longest = count
    }
  }
  return asking - longest
}

const splitBy = (heads: readonly Head[], among: readonly number[], key: Key): Split => {
  const buckets = new Map<unknown, number[]>()
  const ranges: OwnedRange[] = []
  const ranged = new Set<number>()
  let rest: number[] = []
  for (const at of among) {
    const asked = heads[at]?.get(key)
    if (asked === undefined) {
      rest.push(at)
      continue
    }
    for (const { first, last } of asked.ranges) ranges.push({ first, last, owner: at })
    if (asked.ranges.length > 0) ranged.add(at)
    for (const value of new Set(asked.singles)) {
      const bucket = buckets.get(value)
      if (bucket === undefined) buckets.set(value, [at])
      else bucket.push(at)
    }
  }
  const segments = ranges.length === 0 ? null : cutSegments(ranges, ranges.length * SPREAD)
  if (segments === null && ranged.size > 0) {
    // They stay in their buckets too, which only costs a second look.
    rest = among.filter((at) => ranged.has(at) || heads[at]?.get(key) === undefined)
  }
  let longest = 0
  for (const bucket of buckets.values()) longest = Math.max(longest, bucket.length)
  for (const list of segments?.lists ?? []) longest = Math.max(longest, list.length)
  return { key, buckets, segments, rest, gain: among.length - rest.length - longest }
}

const readKey = (world: World, key: Key): unknown => {
  if (key === 'l4proto') return world.protocol
  if (key === 'iifname') return world.in?.name ?? ''
  return key === 'oifname' ? (world.out?.name ?? '') : world[key]
}

const nothing: readonly number[] = []

/** The rules that may match a packet, by their place in the chain, rising. */
export const candidates = (index: RuleIndex, world: World): readonly number[] => {
  const value = readKey(world, index.key)
  const exact = index.buckets.get(value) ?? nothing
  const within =
    index.segments !== null && (typeof value === 'number' || typeof value === 'bigint')
      ? findSegment(index.segments, value)
      : nothing
  const rest = index.restIndex === null ? index.rest : candidates(index.restIndex, world)
  return mergePlaces(mergePlaces(exact, within), rest)
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
