import { intersectSpans, overlapSpans, type Spans, spansWithin, subtractSpans } from './spans.ts'

/**
 * Packets, described by their values in each dimension: a field, or something else that a rule can match. A dimension
 * that is not named may have any value.
 */
export type Box = ReadonlyMap<string, Spans>

/** The union of its boxes, which may overlap. */
export type Region = readonly Box[]

/** All values of each dimension that some rule of a chain matches. */
export type Domains = ReadonlyMap<string, Spans>

export const everything: Box = new Map()

const nothing: Spans = []

/** The packets that both boxes contain; null: there are none. */
export const intersectBoxes = (a: Box, b: Box): Box | null => {
  if (a.size === 0) return b
  if (b.size === 0) return a
  const common = new Map(a)
  for (const [dimension, spans] of b) {
    const own = a.get(dimension)
    const both = own === undefined ? spans : intersectSpans(own, spans)
    if (both.length === 0) return null
    common.set(dimension, both)
  }
  return common
}

export const overlapBoxes = (a: Box, b: Box): boolean => {
  const [few, many] = a.size < b.size ? [a, b] : [b, a]
  for (const [dimension, spans] of few) {
    const other = many.get(dimension)
    if (other !== undefined && !overlapSpans(spans, other)) return false
  }
  return true
}

/**
 * Whether every packet of `a` is in `b`. A box names no dimension with all its values, so comparing the named ones is
 * enough.
 */
export const boxWithin = (a: Box, b: Box): boolean => {
  for (const [dimension, spans] of b) {
    const own = a.get(dimension)
    if (own === undefined || !spansWithin(own, spans)) return false
  }
  return true
}

/**
 * The packets of `a` outside `b`: a slice for each dimension of `b`. The slices do not overlap.
 *
 *     +-----------+      +--+--------+
 *     |   +---+   |      |  |   2    |
 *     |   | b |   |  ->  |1 |---+----|
 *     | a +---+   |      |  |   | 1' |
 *     +-----------+      +--+---+----+
 */
export const subtractBox = (a: Box, b: Box, domains: Domains): Region => {
  if (!overlapBoxes(a, b)) return [a]
  const left: Box[] = []
  let core = a
  for (const [dimension, spans] of b) {
    const own = core.get(dimension) ?? domains.get(dimension) ?? nothing
    const rest = subtractSpans(own, spans)
    if (rest.length === 0) continue
    left.push(new Map(core).set(dimension, rest))
    core = new Map(core).set(dimension, intersectSpans(own, spans))
  }
  return left
}

/** The most boxes kept for one rule. With more, only its outer bound is known. */
const MOST_BOXES = 64

/** The packets of both regions; null: too many boxes. */
export const intersectRegions = (a: Region, b: Region): Region | null => {
  const common: Box[] = []
  for (const one of a)
    for (const other of b) {
      const both = intersectBoxes(one, other)
      if (both === null) continue
      if (common.length === MOST_BOXES) return null
      common.push(both)
    }
  return common
}

export const uniteRegions = (regions: readonly Region[]): Region | null => {
  const all = regions.flat()
  return all.length > MOST_BOXES ? null : all
}

/** All packets outside a region; null: too many boxes. */
export const complementRegion = (region: Region, domains: Domains): Region | null => {
  let left: Region = [everything]
  for (const box of region) {
    left = left.flatMap((piece) => subtractBox(piece, box, domains))
    if (left.length > MOST_BOXES) return null
  }
  return left
}
