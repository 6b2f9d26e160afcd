import { expect, test } from '@jest/globals'
import type { Conflict } from '@portolan/core'
import { ToldConflicts } from '../../src/watch/told-conflicts.ts'
import { droppedOf } from './network-conflicts.ts'

const [front, back] = [droppedOf('front'), droppedOf('back')]

/** What is told in searches from `from` to `to`, one every `everyMs`: the time, `+` or `-`, and the network. */
const search = (
  told: ToldConflicts,
  { from, to, everyMs = 100 }: { readonly from: number; readonly to: number; readonly everyMs?: number },
  found: (now: number) => readonly Conflict[],
  isOwn: (conflict: Conflict) => boolean = () => false,
): readonly string[] => {
  const lines: string[] = []
  for (let now = from; now <= to; now += everyMs) {
    const { come, gone } = told.searched(found(now), now, isOwn)
    for (const { network } of come) lines.push(`${now} +${network}`)
    for (const { network } of gone) lines.push(`${now} -${network}`)
  }
  return lines
}

/** The conflicts that were told from the beginning. */
const knowing = (...conflicts: readonly Conflict[]): ToldConflicts => {
  const told = new ToldConflicts()
  told.searched(conflicts, -60_000, () => true)
  return told
}

/** There in the first half of each period. */
const flapping =
  (periodMs: number) =>
  (now: number): readonly Conflict[] =>
    now % periodMs < periodMs / 2 ? [front] : []

test('a conflict that lasts is told once, three seconds after the search that first found it', () => {
  expect(search(new ToldConflicts(), { from: 0, to: 60_000 }, () => [front])).toEqual(['3000 +front'])
})

test('a conflict that is over before is not told, and neither is its end', () => {
  const there = (now: number): readonly Conflict[] => (now < 3000 ? [front] : [])
  expect(search(new ToldConflicts(), { from: 0, to: 60_000 }, there)).toEqual([])
})

test('the end of a told conflict is told once it lasts', () => {
  const there = (now: number): readonly Conflict[] => (now < 1000 ? [front, back] : [back])
  expect(search(knowing(front, back), { from: 0, to: 60_000 }, there)).toEqual(['4000 -front'])
})

test('nothing is told of a conflict that is away for a moment', () => {
  const there = (now: number): readonly Conflict[] => (now >= 1000 && now < 3900 ? [] : [front])
  expect(search(knowing(front), { from: 0, to: 60_000 }, there)).toEqual([])
})

test('what Portolan or its user made is told at once, beside a conflict that waits', () => {
  const told = new ToldConflicts()
  const isOwn = ({ network }: Conflict): boolean => network === 'back'
  expect(search(told, { from: 0, to: 5000 }, () => [front, back], isOwn)).toEqual(['0 +back', '3000 +front'])
})

test('other words of a conflict that waits do not make it wait longer', () => {
  const there = (now: number): readonly Conflict[] => [{ ...front, message: `after ${now} ms` }]
  expect(search(new ToldConflicts(), { from: 0, to: 10_000 }, there)).toEqual(['3000 +front'])
})

test('a conflict that comes and goes each second is told after half a minute, and its end when it stays away', () => {
  const there = (now: number): readonly Conflict[] => (now < 60_000 ? flapping(1000)(now) : [])
  expect(search(new ToldConflicts(), { from: 0, to: 120_000 }, there)).toEqual([
    '30000 +front',
    // It was last there at 59,400 ms.
    '69500 -front',
  ])
})

test('a conflict that never stops coming and going is told once', () => {
  for (const periodMs of [1000, 2000, 5000])
    expect(search(new ToldConflicts(), { from: 0, to: 3_600_000 }, flapping(periodMs))).toEqual([
      '30000 +front',
    ])
})

test('one that lasts each time is told each time, but only for half a minute', () => {
  expect(search(new ToldConflicts(), { from: 0, to: 3_600_000 }, flapping(12_000))).toEqual([
    ...['3000 +front', '9000 -front', '15000 +front', '21000 -front', '27000 +front'],
  ])
})

test('a told conflict that comes and goes is not told again', () => {
  expect(search(knowing(front), { from: 0, to: 600_000 }, flapping(1000))).toEqual([])
})

test('three reloads and a restart of a firewall within some seconds are not told', () => {
  const busy = [
    [0, 900],
    [1200, 2100],
    [2400, 3300],
    [5000, 7500],
  ] as const
  const there = (now: number): readonly Conflict[] =>
    busy.some(([from, to]) => now >= from && now < to) ? [front, back] : []
  expect(search(new ToldConflicts(), { from: 0, to: 60_000 }, there)).toEqual([])
})

test('after ten calm seconds a conflict counts as new', () => {
  const there = (now: number): readonly Conflict[] => (now % 36_000 < 25_000 ? flapping(1000)(now) : [])
  expect(search(new ToldConflicts(), { from: 0, to: 300_000 }, there)).toEqual([])
})

test('the next search is due when what waits has lasted, and not later with each search', () => {
  const told = new ToldConflicts()
  expect(told.nextAt()).toBe(null)
  for (const now of [0, 100, 2900]) {
    told.searched([front], now, () => false)
    expect(told.nextAt()).toBe(3000)
  }
  told.searched([front], 3000, () => false)
  expect(told.nextAt()).toBe(null)
  told.searched([], 20_000, () => false)
  expect(told.nextAt()).toBe(23_000)
})
