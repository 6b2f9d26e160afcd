import { lastAddress, type Prefix } from '../../address/index.ts'
import { type RangeSet, rangeSet } from '../../address/range-set.ts'
import { mergedCuts } from './merged-cuts.ts'
import type { Router } from './router.ts'

/** Of a table with more prefixes than this, neighbours that lead alike are one. */
const MOST_PREFIXES = 20_000

/** Where a table leads another way more often than this it is not cut: one route speaks for all that lead out alike. */
export const MOST_STRETCHES = 20_000

interface Classes {
  readonly byName: ReadonlyMap<string, RangeSet>
  /** What was found for a destination: most packets of a search are for the same few. */
  readonly found: Map<number | bigint, RangeSet | undefined>
}

interface Cut {
  readonly cuts: readonly (number | bigint)[] | null
  readonly classes: Map<string, Classes>
}

const known = new WeakMap<Router, Cut>()

/** So many destinations are remembered. */
const MOST_FOUND = 4_096

/**
 * All destinations by what routing makes of them, so that one speaks for all of its class.
 *
 * @param context - names all that `classify` asks beside the address
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

/** All destinations by what routing makes of them. */
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

/** Where kinds of addresses begin that no table speaks of (net/ipv4/fib_frontend.c `inet_addr_type`). */
const ownCuts = {
  ip: [0, 0x01000000, 0x7f000000, 0x80000000, 0xe0000000, 0xf0000000, 0xffffffff],
  ip6: [0n, 1n, 2n, 0xfe80n << 112n, 0xfec0n << 112n, 0xffn << 120n],
} as const

/** Where anything about routing may change, rising. */
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
