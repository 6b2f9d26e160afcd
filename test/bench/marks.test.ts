import { expect, test } from '@jest/globals'
import { printMarks } from '../../bench/print-marks.ts'
import { reportOf } from '../../bench/report.ts'
import type { Peer, Row, Spread } from '../../bench/row.ts'

const around = (median: number): Spread => ({
  median,
  least: median - 1,
  most: median + 1,
  rounds: 3,
  warmUp: 1,
})

const row = (what: string, median: number, mark: Row['mark'], ...peers: readonly Peer[]): Row => ({
  ...{ what, unit: 'ms', measured: around(median), mark, peers },
})

const nft: Peer = { kind: 'measured', name: 'nft', measured: around(20), ratio: 0.5 }
const absent: Peer = { kind: 'absent', name: 'nft', why: 'not installed' }

const machine = { date: '2026-11-28', node: 'v20', kernel: '6', processors: '2', load: 0, versions: {} }

const marksOf = (rows: readonly Row[]): readonly string[] =>
  printMarks(reportOf([{ kind: 'rows', name: 'some', rows }], machine, false).rows).map(spaced)

test('the table of marks says of each what was wanted, what was measured, and whether it was met', () => {
  const rows = [
    row('in time', 10, { atMost: 20 }),
    row('late', 30, { atMost: 20 }),
    row('in time, but not beside nft', 10, { atMost: 20, ratioAtMost: 1 / 3 }, nft),
    row('half of nft', 10, { ratioAtMost: 0.6 }, nft),
    row('without nft', 10, { ratioAtMost: 0.6 }, absent),
    row('nothing is promised', 10, null),
  ]
  expect(marksOf(rows)).toEqual(
    [
      'mark                               wanted                              figure          spread',
      'some: in time                      at most 20.0 ms                     10.0 ms         9.00-11.0  met',
      'some: late                         at most 20.0 ms                     30.0 ms         29.0-31.0  NOT MET',
      'some: in time, but not beside nft  at most 20.0 ms, at most 0.333x nft  10.0 ms, 0.500x  9.00-11.0  NOT MET',
      'some: half of nft                  at most 0.600x nft                  0.500x          9.00-11.0  met',
      'some: without nft                  at most 0.600x nft                  no nft          9.00-11.0  not measured',
      '',
      '2 of 4 marks met, and 1 not measured.',
    ].map(spaced),
  )
})

/**
 * Column widths depend on the widest cell. One space stands for any number, so that the expected lines need no edits.
 */
const spaced = (line: string): string => line.replaceAll(/ {2,}/g, '  ')

test('a run without a mark has no table of them', () => {
  expect(marksOf([row('nothing is promised', 10, null)])).toEqual([])
})
