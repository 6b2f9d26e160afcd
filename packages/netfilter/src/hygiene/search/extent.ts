import {
  complementRegion,
  type Domains,
  everything,
  intersectRegions,
  type Region,
  uniteRegions,
} from './box.ts'

/**
 * The packets that a match holds for. `inner` and `outer` differ where something is not understood.
 * - `inner`: the packets that it surely holds for. `outer`: for all others, it surely does not hold.
 * - `likely`: the packets that it holds for, if each match that is not understood has one result for one packet, in
 *   every rule. Null: too many boxes.
 */
export interface Extent {
  readonly inner: Region
  readonly outer: Region
  readonly likely: Region | null
}

export const exactly = (region: Region): Extent => ({ inner: region, outer: region, likely: region })

export const always: Extent = exactly([everything])

export const never: Extent = exactly([])

/** Whether it is known for every packet if the match holds. */
export const isExact = ({ inner, outer }: Extent): boolean => inner === outer

/** The packets that both matches hold for. */
export const both = (a: Extent, b: Extent): Extent => {
  if (a === always) return b
  if (b === always) return a
  const outer = intersectRegions(a.outer, b.outer)
  if (isExact(a) && isExact(b) && outer !== null) return exactly(outer)
  return {
    inner: intersectRegions(a.inner, b.inner) ?? [],
    outer: outer ?? a.outer,
    likely: a.likely === null || b.likely === null ? null : intersectRegions(a.likely, b.likely),
  }
}

/** The packets that at least one match holds for. */
export const anyOf = (extents: readonly Extent[]): Extent => {
  const outer = uniteRegions(extents.map((one) => one.outer))
  if (outer !== null && extents.every(isExact)) return exactly(outer)
  const likely = extents.map((one) => one.likely)
  return {
    inner: uniteRegions(extents.map((one) => one.inner)) ?? [],
    outer: outer ?? [everything],
    likely: likely.includes(null) ? null : uniteRegions(likely.map((region) => region ?? [])),
  }
}

export const negate = (extent: Extent, domains: Domains): Extent => {
  const inner = complementRegion(extent.outer, domains)
  if (isExact(extent) && inner !== null) return exactly(inner)
  return {
    inner: inner ?? [],
    outer: complementRegion(extent.inner, domains) ?? [everything],
    likely: extent.likely === null ? null : complementRegion(extent.likely, domains),
  }
}
