import { spreadOf } from '../measure.ts'
import { type Interval, medianInterval } from '../median-interval.ts'
import type { Row, Unit } from '../row.ts'

/** The same entry measured with two builds, one run right after the other. */
export interface Pair {
  readonly name: string
  readonly base: readonly Row[]
  readonly head: readonly Row[]
}

/** One row of an entry, over all pairs. */
export interface Comparison {
  readonly what: string
  readonly unit: Unit
  /** The median over all runs of the runs' medians. */
  readonly base: number
  readonly head: number
  /** The cost of head divided by the cost of base: 1.2 is a fifth slower, or larger, whatever the unit. */
  readonly ratio: number
  /** Contains the true ratio in 95 of 100 comparisons. Null: too few pairs. */
  readonly interval: Interval | null
  readonly pairs: number
  readonly verdict: Verdict
}

/** `unknown`: there are too few pairs. */
export type Verdict = 'slower' | 'faster' | 'alike' | 'unknown'

/** A smaller ratio is not reported. */
const tolerance = 1.1

/** Compares rows by their words. A row that only one build has is left out. */
export const compare = (pairs: readonly Pair[]): readonly Comparison[] => {
  const rows = new Map<string, { unit: Unit; readonly values: [base: number, head: number][] }>()
  for (const { name, base, head } of pairs)
    for (const { what, unit, measured } of head) {
      const before = base.find((row) => row.what === what && row.unit === unit)
      if (before === undefined) continue
      const key = `${name}: ${what}`
      const row = rows.get(key) ?? { unit, values: [] }
      row.values.push([before.measured.median, measured.median])
      rows.set(key, row)
    }
  return [...rows].map(([what, { unit, values }]): Comparison => {
    const ratios = values.map(([base, head]) => (unit === '1/s' ? base / head : head / base))
    const ratio = medianOf(ratios)
    const interval = medianInterval(ratios)
    return {
      what,
      unit,
      base: medianOf(values.map(([base]) => base)),
      head: medianOf(values.map(([, head]) => head)),
      ratio,
      interval,
      pairs: values.length,
      verdict: judge(ratio, interval),
    }
  })
}

/** Slower: the ratio exceeds the tolerance, and the whole interval is above 1. */
const judge = (ratio: number, interval: Interval | null): Verdict => {
  if (interval === null) return 'unknown'
  if (ratio > tolerance && interval.from > 1) return 'slower'
  return ratio < 1 / tolerance && interval.to < 1 ? 'faster' : 'alike'
}

const medianOf = (values: readonly number[]): number => spreadOf(values, 0).median
