import { describe, expect, test } from '@jest/globals'
import { medianInterval } from '../../bench/median-interval.ts'
import { compare, type Pair } from '../../bench/pairs/compare.ts'
import { printComparison } from '../../bench/pairs/print-comparison.ts'
import type { Row, Unit } from '../../bench/row.ts'

const row = (median: number, what = 'read', unit: Unit = 'ms'): Row => ({
  ...{ what, unit, mark: null, peers: [] },
  measured: { median, least: median, most: median, rounds: 3, warmUp: 1 },
})

const pairsOf = (heads: readonly number[], base = 100, unit: Unit = 'ms'): readonly Pair[] =>
  heads.map((head) => ({
    ...{ name: 'parse', base: [row(base, 'read', unit)], head: [row(head, 'read', unit)] },
  }))

const verdictOf = (...heads: readonly number[]) => compare(pairsOf(heads))[0]?.verdict

describe('two builds that ran in turn', () => {
  test('differ where all but a few pairs say the same, and by more than 10 %', () => {
    expect(verdictOf(120, 121, 119, 125, 118, 120)).toBe('slower')
    expect(verdictOf(80, 79, 81, 75, 82, 80)).toBe('faster')
    expect(verdictOf(105, 106, 104, 107, 105, 106)).toBe('alike')
  })

  test('are alike where pairs contradict one another, however large the difference', () => {
    expect(verdictOf(300, 90, 200, 80, 400, 70, 350, 60, 310)).toBe('alike')
  })

  test('differ in spite of one pair that other work on the machine has spoiled', () => {
    expect(verdictOf(120, 121, 119, 125, 118, 120, 122, 119, 40)).toBe('slower')
    expect(verdictOf(100, 101, 99, 100, 101, 100, 99, 100, 900)).toBe('alike')
  })

  test('cannot be told apart by fewer than six pairs', () => {
    expect(verdictOf(200, 200, 200, 200, 200)).toBe('unknown')
    expect(printComparison(compare(pairsOf([200, 200])))).toContain('Six are the fewest.')
  })

  test('are slower with fewer connections a second', () => {
    const [slower] = compare(pairsOf([50, 51, 49, 50, 52, 50], 100, '1/s'))
    expect(slower).toMatchObject({ verdict: 'slower', ratio: 2 })
  })

  test('are compared in the rows that both have', () => {
    const pair: Pair = { name: 'parse', base: [row(1), row(1, 'old')], head: [row(1), row(1, 'new')] }
    expect(compare([pair]).map(({ what }) => what)).toEqual(['parse: read'])
    expect(printComparison([])).toContain('Nothing could be compared.')
  })
})

test('the interval of a median leaves out as many values at each end as the sign test allows at 5 %', () => {
  const first = (count: number) => Array.from({ length: count }, (_, at) => at + 1)
  expect(medianInterval(first(5))).toBeNull()
  // 2 / 2^6 = 3 %. With one value less at each end: 2 * 7 / 2^6 = 22 %.
  expect(medianInterval(first(6))).toEqual({ from: 1, to: 6 })
  // 2 * 10 / 2^9 = 4 %.
  expect(medianInterval(first(9))).toEqual({ from: 2, to: 8 })
  // The same as in tables of the sign test.
  expect(medianInterval(first(20))).toEqual({ from: 6, to: 15 })
  expect(medianInterval(first(9).toReversed())).toEqual({ from: 2, to: 8 })
})

test('what became slower comes first', () => {
  const pairs = [
    ...pairsOf([100, 100, 100, 100, 100, 100]),
    ...[1, 2, 3, 4, 5, 6].map((): Pair => ({ name: 'plan', base: [row(100)], head: [row(150)] })),
  ]
  const lines = printComparison(compare(pairs)).split('\n')
  expect(lines[1]).toMatch(/^plan: read +100 ms +150 ms +1\.50x +1\.50-1\.50 +SLOWER$/)
  expect(lines[2]).toMatch(/^parse: read +100 ms +100 ms +1\.00x +1\.00-1\.00$/)
  expect(lines.at(-2)).toBe('1 of 2 became more than 10 % slower, beyond what 6 pairs differ by.')
})
