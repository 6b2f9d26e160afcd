import { hasValue, type RangeSet } from '@portolan/netfilter/analysis'
import { type Area, holds, type MemberPoint } from './area.ts'
import type { Judgement } from './judge.ts'
import { freeFields, meet, type Point } from './region.ts'
import type { Row } from './row.ts'

/** So many sources, and so many destinations, are tried, and so many packets in all. */
const MOST_ADDRESSES = 12
const MOST_TRIED = 32

/** One packet, and what becomes of it. */
export interface JudgedPacket {
  readonly point: Point
  readonly judgement: Judgement
}

/**
 * The packet that shows a failure. Where a rule translates to one of several addresses, the kernel takes the same one for
 * the same source and destination each time: a packet that it does not take the failing one for shows nothing, so
 * that another of the same area is looked for.
 *
 * @param follow - what becomes of another packet of the row
 * @returns the same packet where no other is found to fail for certain
 */
export const failingPacket = (
  { member, point, judgement }: MemberPoint & JudgedPacket,
  area: Area,
  row: Row,
  follow: (point: Point) => Judgement,
): JudgedPacket => {
  if (!isOfOthers(judgement)) return { point, judgement }
  const { saddr, daddr } = area.region
  const sources = row.choosesSource ? [point.saddr] : someOf(saddr, row.prefersFrom ?? null, point.saddr)
  let tried = 0
  for (const to of someOf(daddr, row.prefers, point.daddr))
    for (const from of sources) {
      const other: Point = { ...point, saddr: from, daddr: to }
      if (row.isApart === true && from === to) continue
      if (!holds(area, { member, point: other })) continue
      if (!freeFields.every((field) => hasValue(row.region[field], other[field]))) continue
      tried += 1
      if (tried > MOST_TRIED) return { point, judgement }
      const found = follow(other)
      if (found.kind === 'failed' && found.certainty === 'certain') return { point: other, judgement: found }
    }
  return { point, judgement }
}

/** Does the failure that was found come to other packets only, as far as is known? */
const isOfOthers = (judgement: Judgement): boolean =>
  judgement.kind === 'failed' &&
  judgement.certainty === 'possible' &&
  judgement.conclusion.end.world.isOfOthers

/** Some values of a set: one, then those that make good examples. */
const someOf = (
  set: RangeSet,
  prefers: RangeSet | null,
  first: number | bigint,
): readonly (number | bigint)[] => {
  const good = prefers === null ? [] : firstOf(meet(set, prefers, true))
  return [...new Set([first, ...good, ...firstOf(set)])].slice(0, MOST_ADDRESSES)
}

const firstOf = ({ starts, ends }: RangeSet): readonly (number | bigint)[] => {
  const found: (number | bigint)[] = []
  for (const [at, start] of starts.entries()) {
    const end = ends[at] ?? start
    // The first of a network is no machine's.
    const skipped = BigInt(end) - BigInt(start) < 10n ? 0 : 1
    for (let by = skipped; found.length < MOST_ADDRESSES; by += 1) {
      const value = typeof start === 'number' ? start + by : start + BigInt(by)
      if (value > end) break
      found.push(value)
    }
  }
  return found
}
