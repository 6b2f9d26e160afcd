import { type Box, overlapBoxes } from './box.ts'
import { sliceAt } from './slices.ts'
import { type Bound, hasValue } from './spans.ts'
import { nodesOver, type Split, splitBoxes } from './split-boxes.ts'

/** A box of the rule at a place in the chain. */
export interface Entry {
  readonly at: number
  readonly box: Box
}

/** One packet: its value in each dimension. */
export type Point = (dimension: string) => Bound | undefined

/** Places from `from` on, before `to`. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** What is looked for among the boxes that overlap one. */
export interface OverlapQuery<E> {
  readonly box: Box
  readonly stretch: Stretch
  /** Only those that name every dimension the box names: none else can lie within it. */
  readonly narrower: boolean
  /** How many may be looked at. */
  readonly most: number
  /** False: enough is seen. */
  readonly visit: (entry: E) => boolean
}

/** Boxes of a chain, found by where they lie: only those that can overlap are looked at. */
export interface BoxIndex<E extends Entry> {
  /** The first in the chain that holds a packet. */
  readonly firstAt: (point: Point, stretch: Stretch) => E | null
  /**
   * Visits those that overlap a box, in no order.
   *
   * @returns false when there were too many to look at all
   */
  readonly visitOverlapping: (query: OverlapQuery<E>) => boolean
}

/** Fewer boxes than this are looked at one by one. */
const SHORT = 12
/** Of more slices than this, all boxes are looked at. */
const FEW_SLICES = 12

interface Node<E> {
  readonly entries: readonly E[]
  readonly used: ReadonlySet<string>
  /** Not cut yet: undefined. */
  branches: Branches<E> | null | undefined
}

interface Branches<E> {
  readonly split: Split<E>
  readonly kept: (Node<E> | undefined)[]
  readonly naming: Node<E>
  readonly rest: Node<E>
}

const nodeOf = <E>(entries: readonly E[], used: ReadonlySet<string>): Node<E> => ({
  entries,
  used,
  branches: entries.length < SHORT ? null : undefined,
})

const branchesOf = <E extends Entry>(node: Node<E>): Branches<E> | null => {
  if (node.branches !== undefined) return node.branches
  const split = splitBoxes(node.entries, node.used)
  if (split === null) {
    node.branches = null
    return null
  }
  const used = new Set(node.used).add(split.dimension)
  node.branches = { split, kept: [], naming: nodeOf(split.naming, used), rest: nodeOf(split.rest, used) }
  return node.branches
}

const keptAt = <E extends Entry>({ split, kept, naming }: Branches<E>, index: number): Node<E> | null => {
  const known = kept[index]
  if (known !== undefined) return known
  const list = split.kept[index]
  if (list === undefined) return null
  const node = nodeOf(list, naming.used)
  kept[index] = node
  return node
}

const holds = (box: Box, point: Point): boolean => {
  for (const [dimension, spans] of box) {
    const value = point(dimension)
    if (value === undefined || !hasValue(spans, value)) return false
  }
  return true
}

/** The first entry at or behind a place. */
const startOf = (entries: readonly Entry[], from: number): number => {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[middle]?.at ?? from) < from) low = middle + 1
    else high = middle
  }
  return low
}

const firstIn = <E extends Entry>(node: Node<E>, point: Point, { from, to }: Stretch): E | null => {
  const branches = branchesOf(node)
  if (branches === null) {
    for (let index = startOf(node.entries, from); index < node.entries.length; index += 1) {
      const entry = node.entries[index]
      if (entry === undefined || entry.at >= to) return null
      if (holds(entry.box, point)) return entry
    }
    return null
  }
  const { dimension, starts } = branches.split
  const value = point(dimension)
  const slice = value === undefined ? -1 : sliceAt(starts, value)
  let first = null as E | null
  if (slice >= 0)
    for (let index = slice + starts.length; index >= 1; index >>>= 1) {
      const kept = keptAt(branches, index)
      if (kept !== null) first = firstIn(kept, point, { from, to: first?.at ?? to }) ?? first
    }
  return firstIn(branches.rest, point, { from, to: first?.at ?? to }) ?? first
}

interface Visit<E> extends OverlapQuery<E> {
  readonly seen: Set<E>
  left: number
}

/** False: enough is seen, or too much. */
const visitIn = <E extends Entry>(node: Node<E>, visit: Visit<E>): boolean => {
  const { box, stretch, narrower, seen } = visit
  const branches = branchesOf(node)
  if (branches === null) {
    for (let index = startOf(node.entries, stretch.from); index < node.entries.length; index += 1) {
      const entry = node.entries[index]
      if (entry === undefined || entry.at >= stretch.to) break
      if (visit.left === 0) return false
      visit.left -= 1
      if (!overlapBoxes(entry.box, box) || seen.has(entry)) continue
      seen.add(entry)
      if (!visit.visit(entry)) return false
    }
    return true
  }
  const { split, naming, rest } = branches
  const spans = box.get(split.dimension)
  const indexes = spans === undefined ? null : nodesOver(split.starts, spans, FEW_SLICES)
  const nodes = indexes === null ? [naming] : [...indexes].flatMap((index) => keptAt(branches, index) ?? [])
  if (spans === undefined || !narrower) nodes.push(rest)
  return nodes.every((next) => visitIn(next, visit))
}

/** Indexes boxes that stand in the order of the chain; what is never asked for is never cut. */
export const indexBoxes = <E extends Entry>(entries: readonly E[]): BoxIndex<E> => {
  const root = nodeOf(entries, new Set())
  return {
    firstAt: (point, stretch) => firstIn(root, point, stretch),
    visitOverlapping: (query) => {
      const visit: Visit<E> = { ...query, seen: new Set(), left: query.most }
      visitIn(root, visit)
      return visit.left > 0
    },
  }
}
