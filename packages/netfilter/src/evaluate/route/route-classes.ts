import { lastAddress, type Prefix } from '../../address/index.ts'
import { type RangeSet, rangeSet } from '../../address/range-set.ts'
import { mergedCuts } from './merged-cuts.ts'
import type { Router } from './router.ts'

/** In a table with more prefixes than this, neighbours with the same way are merged. */
const MOST_PREFIXES = 20_000

/** A table that leads another way more often than this is not cut: one route speaks for all that lead out alike. */
export const MOST_STRETCHES = 20_000

interface Classes {
  readonly byName: ReadonlyMap<string, RangeSet>
  /** Cache, by destination: most packets of a search have the same few destinations. */
  readonly found: Map<number | bigint, RangeSet | undefined>
}

interface Cut {
  readonly cuts: readonly (number | bigint)[] | null
  readonly classes: Map<string, Classes>
}

const known = new WeakMap<Router, Cut>()

/** The most destinations cached. */
const MOST_FOUND = 4_096

/**
 * All destinations by what routing does with them, so that one destination speaks for its whole class.
 *
 * @param context - a name for everything that `classify` reads besides the address
 * @returns null when there are too many routes to cut the space at each
 */
export const destinationClasses = (
  router: Router,
  context: string,
  classify: (destination: number | bigint) => string,
): ReadonlyMap<string, RangeSet> | null => classesIn(router, context, classify)?.byName ?? null

/**
 * The class of one destination, as `destinationClasses` has it.
 *
 * @returns undefined when there are too many routes to cut the space at each
 */
export const classOfDestination = (
  router: Router,
  context: string,
  classify: (destination: number | bigint) => string,
  destination: number | bigint,
): RangeSet | undefined => {
  const classes = classesIn(router, context, classify)
  if (classes === null) return undefined
  const { byName, found } = classes
  const remembered = found.get(destination)
  if (remembered !== undefined) return remembered
  const made = byName.get(classify(destination))
  if (found.size >= MOST_FOUND) found.clear()
  found.set(destination, made)
  return made
}

const classesIn = (
  router: Router,
  context: string,
  classify: (destination: number | bigint) => string,
): Classes | null => {
  let state = known.get(router)
  if (state === undefined) {
    state = { cuts: findCuts(router), classes: new Map() }
    known.set(router, state)
  }
  const { cuts, classes } = state
  if (cuts === null) return null
  const found = classes.get(context)
  if (found !== undefined) return found
  const made: Classes = { byName: classesOf(router, cuts, classify), found: new Map() }
  classes.set(context, made)
  return made
}

/** Sorts all destinations into classes. */
const classesOf = (
  router: Router,
  cuts: readonly (number | bigint)[],
  classify: (destination: number | bigint) => string,
): Classes['byName'] => {
  const ranges = new Map<string, { first: number | bigint; last: number | bigint }[]>()
  for (const [at, first] of cuts.entries()) {
    const next = cuts[at + 1]
    const last = next === undefined ? highest[router.family] : before(next)
    const key = classify(first)
    const list = ranges.get(key)
    if (list === undefined) ranges.set(key, [{ first, last }])
    else list.push({ first, last })
  }
  return new Map([...ranges].map(([key, list]) => [key, rangeSet(list)]))
}

const highest = { ip: 0xffffffff, ip6: (1n << 128n) - 1n } as const

const before = (value: number | bigint): number | bigint =>
  typeof value === 'number' ? value - 1 : value - 1n

/** Where ranges begin that no routing table lists (net/ipv4/fib_frontend.c `inet_addr_type`). */
const ownCuts = {
  ip: [0, 0x01000000, 0x7f000000, 0x80000000, 0xe0000000, 0xf0000000, 0xffffffff],
  ip6: [0n, 1n, 2n, 0xfe80n << 112n, 0xfec0n << 112n, 0xffn << 120n],
} as const

/** The addresses where a routing decision may change, rising; null: there are too many. */
const findCuts = ({ family, tables, rules }: Router): readonly (number | bigint)[] | null => {
  const cuts = new Set<number | bigint>(ownCuts[family])
  const add = (prefix: Prefix): void => {
    const { value } = lastAddress(prefix)
    cuts.add(prefix.base)
    if (value < highest[family]) cuts.add(typeof value === 'number' ? value + 1 : value + 1n)
  }
  const longest = Math.max(-1, ...rules.flatMap(({ suppress }) => suppress ?? []))
  for (const table of tables.values()) {
    if (table.buckets.reduce((count, bucket) => count + (bucket?.size ?? 0), 0) > MOST_PREFIXES) {
      const merged = mergedCuts(table, longest, MOST_STRETCHES)
      if (merged === null) return null
      for (const cut of merged) if (cut <= highest[family]) cuts.add(cut)
      continue
    }
    for (const [length, bucket] of table.buckets.entries()) {
      if (bucket === undefined) continue
      for (const base of bucket.keys())
        add(typeof base === 'number' ? { family: 'ip', base, length } : { family: 'ip6', base, length })
    }
  }
  for (const { from, to } of rules) for (const prefix of [from, to]) if (prefix !== null) add(prefix)
  return [...cuts].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}
