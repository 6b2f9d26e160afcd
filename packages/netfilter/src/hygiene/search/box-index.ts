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

/** A search among the boxes that overlap a box. */
export interface OverlapQuery<E> {
  readonly box: Box
  readonly stretch: Stretch
  /** Whether to visit only boxes that name every dimension of `box`: no other box can lie within it. */
  readonly narrower: boolean
  /** The most boxes to look at. */
  readonly most: number
  /** Returns false to end the search. */
  readonly visit: (entry: E) => boolean
}

/** Finds boxes of a chain by their position: a search looks only at boxes that can overlap. */
export interface BoxIndex<E extends Entry> {
  /** The first box in the chain that contains a packet; null: there is none. */
  readonly firstAt: (point: Point, stretch: Stretch) => E | null
  /**
   * Visits the boxes that overlap a box, in no order.
   *
   * @returns false when there were too many to look at all of them
   */
  readonly visitOverlapping: (query: OverlapQuery<E>) => boolean
}

/** Fewer boxes than this are not cut, but looked at one by one. */
const SHORT = 12
/** The most boxes tried one by one before a search cuts them. */
const FEW_WALKED = 8
/** With more slices than this, a search looks at all boxes that name the dimension. */
const FEW_SLICES = 12

interface Node<E> {
  readonly entries: readonly E[]
  readonly used: ReadonlySet<string>
  /** Undefined: not cut yet. Null: not worth a cut. */
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
  const kept: (Node<E> | undefined)[] = new Array(split.kept.length)
  node.branches = { split, kept, naming: nodeOf(split.naming, used), rest: nodeOf(split.rest, used) }
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

/** The index of the first entry at or behind a place. */
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

/** Whether a node has entries at these places. */
const reaches = <E extends Entry>({ entries }: Node<E>, from: number, to: number): boolean => {
  const first = entries[0]
  const last = entries[entries.length - 1]
  return first !== undefined && last !== undefined && first.at < to && last.at >= from
}

const firstIn = <E extends Entry>(node: Node<E>, point: Point, from: number, to: number): E | null => {
  const { entries } = node
  if (!reaches(node, from, to)) return null
  // A box with the packet is often found at once: cutting a node costs more than walking past a few boxes.
  const start = startOf(entries, from)
  for (let index = start; index < entries.length; index += 1) {
    const entry = entries[index]
    if (entry === undefined || entry.at >= to) return null
    if (holds(entry.box, point)) return entry
    if (index !== start + FEW_WALKED) continue
    const branches = branchesOf(node)
    if (branches !== null) return firstInBranches(branches, point, entry.at, to)
  }
  return null
}

const firstInBranches = <E extends Entry>(
  branches: Branches<E>,
  point: Point,
  from: number,
  to: number,
): E | null => {
  const { dimension, starts } = branches.split
  const value = point(dimension)
  const slice = value === undefined ? -1 : sliceAt(starts, value)
  let first: E | null = null
  let end = to
  if (slice >= 0)
    for (let index = slice + starts.length; index >= 1; index >>>= 1) {
      const kept = keptAt(branches, index)
      const found: E | null = kept === null ? null : firstIn(kept, point, from, end)
      if (found === null) continue
      first = found
      end = found.at
    }
  return firstIn(branches.rest, point, from, end) ?? first
}

interface Visit<E> {
  readonly query: OverlapQuery<E>
  /** Null: none yet. */
  seen: Set<E> | null
  left: number
}

/** Visits the boxes of a node. False: the search ends, since enough or too many boxes were seen. */
const visitIn = <E extends Entry>(node: Node<E>, visit: Visit<E>): boolean => {
  const { box, stretch, narrower } = visit.query
  if (!reaches(node, stretch.from, stretch.to)) return true
  const branches = branchesOf(node)
  if (branches === null) return visitEach(node.entries, visit)
  const { split, naming, rest } = branches
  const spans = box.get(split.dimension)
  const indexes = spans === undefined ? null : nodesOver(split.starts, spans, FEW_SLICES)
  if (indexes === null) {
    if (!visitIn(naming, visit)) return false
  } else
    for (const index of indexes) {
      const kept = keptAt(branches, index)
      if (kept !== null && !visitIn(kept, visit)) return false
    }
  return (spans !== undefined && narrower) || visitIn(rest, visit)
}

const visitEach = <E extends Entry>(entries: readonly E[], visit: Visit<E>): boolean => {
  const { box, stretch, visit: see } = visit.query
  for (let index = startOf(entries, stretch.from); index < entries.length; index += 1) {
    const entry = entries[index]
    if (entry === undefined || entry.at >= stretch.to) break
    if (visit.left === 0) return false
    visit.left -= 1
    if (!overlapBoxes(entry.box, box) || visit.seen?.has(entry) === true) continue
    visit.seen ??= new Set()
    visit.seen.add(entry)
    if (!see(entry)) return false
  }
  return true
}

/** Indexes boxes that are in the order of the chain. A node that no search reaches is not cut. */
export const indexBoxes = <E extends Entry>(entries: readonly E[]): BoxIndex<E> => {
  const root = nodeOf(entries, new Set())
  return {
    firstAt: (point, { from, to }) => firstIn(root, point, from, to),
    visitOverlapping: (query) => {
      const visit: Visit<E> = { query, seen: null, left: query.most }
      visitIn(root, visit)
      return visit.left > 0
    },
  }
}
