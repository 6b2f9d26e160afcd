import type { Box } from './box.ts'
import { SliceCounter, sliceAt } from './slices.ts'
import type { Bound, Spans } from './spans.ts'

/**
 * Boxes, cut along one dimension. The ends of all spans make slices, which are the leaves of a binary tree. A box is
 * kept at the few highest nodes that lie wholly in one of its spans. So ranges that overlap a thousandfold take no more
 * room than a logarithm of it. The boxes with a value are found on the way from its slice to the root:
 *
 *             1                 kept at 5: a      (a = slices 1)
 *          2     3              kept at 3: b      (b = slices 2 and 3)
 *         4 5   6 7
 */
export interface Split<E> {
  readonly dimension: string
  /** Where each slice begins. */
  readonly starts: readonly Bound[]
  /** By node: slice `i` is node `starts.length + i`, the parent of a node is half its number. */
  readonly kept: readonly (readonly E[] | undefined)[]
  /** The boxes that name the dimension; in `rest`, those that do not. */
  readonly naming: readonly E[]
  readonly rest: readonly E[]
}

interface Boxed {
  readonly box: Box
}

/** The most dimensions that are tried. */
const MOST_TRIED = 4

/**
 * Cuts along the dimension that tells most boxes apart; null: no dimension tells enough of them apart.
 *
 * @param used - dimensions that the boxes are already cut along
 */
export const splitBoxes = <E extends Boxed>(
  entries: readonly E[],
  used: ReadonlySet<string>,
): Split<E> | null => {
  const naming = new Map<string, number>()
  for (const { box } of entries)
    for (const dimension of box.keys())
      if (!used.has(dimension)) naming.set(dimension, (naming.get(dimension) ?? 0) + 1)
  const tried = [...naming].sort(([, a], [, b]) => b - a).slice(0, MOST_TRIED)
  let best: { readonly dimension: string; readonly starts: readonly Bound[] } | null = null
  let most = Math.max(3, entries.length / 16)
  for (const [dimension, count] of tried) {
    if (count <= most) break
    const { starts, mean } = sliceAlong(entries, dimension)
    if (count - mean <= most) continue
    best = { dimension, starts }
    most = count - mean
  }
  return best === null ? null : cutAlong(entries, best.dimension, best.starts)
}

/** Where slices begin, and how many boxes lie over a slice, on average. */
const sliceAlong = (
  entries: readonly Boxed[],
  dimension: string,
): { readonly starts: readonly Bound[]; readonly mean: number } => {
  const counter = new SliceCounter()
  for (const { box } of entries) counter.add(box.get(dimension) ?? none)
  const { starts, counts } = counter.cut()
  const total = counts.reduce((sum, count) => sum + count, 0)
  return { starts, mean: total / Math.max(1, starts.length) }
}

const none: Spans = []

const cutAlong = <E extends Boxed>(
  entries: readonly E[],
  dimension: string,
  starts: readonly Bound[],
): Split<E> => {
  // The array has its final length from the start: a growing array with holes is slow.
  const kept: (E[] | undefined)[] = new Array(2 * starts.length)
  const naming: E[] = []
  const rest: E[] = []
  for (const entry of entries) {
    const spans = entry.box.get(dimension)
    if (spans === undefined) {
      rest.push(entry)
      continue
    }
    naming.push(entry)
    for (const { from, to } of spans)
      for (const node of nodesBetween(sliceAt(starts, from), sliceAt(starts, to), starts.length)) {
        const list = kept[node]
        if (list === undefined) kept[node] = [entry]
        else list.push(entry)
      }
  }
  return { dimension, starts, kept, naming, rest }
}

/** The highest nodes with only slices from `first` up to `end`, excluded, under them. */
const nodesBetween = (first: number, end: number, count: number): readonly number[] => {
  const nodes: number[] = []
  let [low, high] = [first + count, end + count]
  while (low < high) {
    if (low % 2 === 1) {
      nodes.push(low)
      low += 1
    }
    if (high % 2 === 1) {
      high -= 1
      nodes.push(high)
    }
    low >>>= 1
    high >>>= 1
  }
  return nodes
}

/**
 * The nodes from the slices that spans lie in up to the root; null: more slices than `few`.
 */
export const nodesOver = (starts: readonly Bound[], spans: Spans, few: number): Iterable<number> | null => {
  const slices: number[] = []
  for (const span of spans) {
    for (let index = Math.max(0, sliceAt(starts, span.from)); index < starts.length; index += 1) {
      const start = starts[index]
      if (start === undefined || start >= span.to) break
      if (slices.length === few) return null
      slices.push(index)
    }
  }
  const nodes: number[] = []
  for (const slice of slices) for (let node = slice + starts.length; node >= 1; node >>>= 1) nodes.push(node)
  // The paths from several slices share nodes.
  return slices.length > 1 ? new Set(nodes) : nodes
}
