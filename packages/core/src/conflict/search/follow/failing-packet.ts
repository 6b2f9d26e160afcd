import { hasValue, type RangeSet } from '@portolan/netfilter/analysis'
import { type Area, holds, type MemberPoint } from '../region/area.ts'
import { freeFields, meet, type Point } from '../region/region.ts'
import type { Row } from '../rows/row.ts'
import type { Judgement } from './judge.ts'

/** The most sources and the most destinations that are tried, and the most packets in all. */
const MOST_ADDRESSES = 12
const MOST_TRIED = 32

/** One packet with its judgement. */
export interface JudgedPacket {
  readonly point: Point
  readonly judgement: Judgement
}

/**
 * Finds the packet that shows a failure. If a rule translates to one of several addresses, the kernel picks the same
 * one for the same source and destination each time. A packet for which the kernel does not pick the failing address
 * shows nothing, so another packet of the same area is tried.
 *
 * @param follow - judges another packet of the row
 * @returns the given packet when no other packet certainly fails
 */
export const failingPacket = (
  { member, point, judgement }: MemberPoint & JudgedPacket,
  area: Area,
  row: Row,
  follow: (point: Point) => Judgement,
): JudgedPacket => {
  if (!mayFailOnlyOthers(judgement)) return { point, judgement }
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

/** Whether the failure, as far as is known, concerns only other packets than the one followed. */
const mayFailOnlyOthers = (judgement: Judgement): boolean =>
  judgement.kind === 'failed' &&
  judgement.certainty === 'possible' &&
  judgement.conclusion.end.world.isOfOthers

/** Some values of a set: a given one first, then good examples. */
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
    // The first address of a network is not a machine's.
    const skipped = BigInt(end) - BigInt(start) < 10n ? 0 : 1
    for (let by = skipped; found.length < MOST_ADDRESSES; by += 1) {
      const value = typeof start === 'number' ? start + by : start + BigInt(by)
      if (value > end) break
      found.push(value)
    }
  }
  return found
}
