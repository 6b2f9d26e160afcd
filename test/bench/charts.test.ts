import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { drawChart } from '../../bench/chart/draw-chart.ts'
import { linesOf } from '../../bench/chart/lines.ts'
import { logAxis } from '../../bench/chart/log-axis.ts'
import type { Report, ReportedRow } from '../../bench/report.ts'
import type { Peer, Spread } from '../../bench/row.ts'
import { chartFiles } from '../../bench/store-report.ts'
import { fromJson } from '../from-json.ts'

const results = fileURLToPath(new URL('../../bench/results', import.meta.url))

const around = (median: number): Spread => ({
  median,
  least: median / 2,
  most: median * 2,
  rounds: 3,
  warmUp: 0,
})

const row = (ports: number, median: number, ...peers: readonly Peer[]): ReportedRow => ({
  ...{ name: 'peers', what: `${ports} ports`, unit: 'ms', mark: null, verdict: 'none' },
  measured: around(median),
  point: { chart: 'publish', line: 'ours, nftables', ports },
  peers,
})

const measured = (name: string, median: number): Peer => ({
  ...{ kind: 'measured', name, ratio: 1 },
  measured: around(median),
})

const slow: Peer = { kind: 'absent', name: 'slow & <old>', why: 'not asked for more, as 10 took 24 s' }
const never: Peer = { kind: 'absent', name: 'never', why: 'not installed' }

const rows = [
  row(0, 1, measured('slow & <old>', 1), never),
  row(100, 20, slow, never),
  row(10, 10, measured('slow & <old>', 24_000), never),
]

const machine = { date: '2026-11-28', node: 'v20.1.2', kernel: '6', processors: '2 x P', load: 1 }

describe('a chart', () => {
  test('has a line for ours and for each peer, in order of ports, and none for 0 ports', () => {
    const { lines, gaps } = linesOf(rows, 'publish')
    expect(lines.map(({ name, points }) => [name, points.map(({ ports }) => ports)])).toEqual([
      ['ours, nftables', [10, 100]],
      ['slow & <old>', [10]],
    ])
    expect(gaps.map(({ name }) => name)).toEqual(['slow & <old>', 'never'])
    expect(linesOf(rows, 'connections').lines).toEqual([])
  })

  test('has whole decades on its axes', () => {
    const { decades, at } = logAxis([3, 24_000], 100, 600)
    expect(decades).toEqual([1, 10, 100, 1_000, 10_000, 100_000])
    expect([1, 10, 100_000].map(at)).toEqual([100, 200, 600])
    expect(logAxis([10], 0, 50).decades).toEqual([10, 100])
  })

  test('is well-formed, names lines as they are, and says what was cut and where figures come from', () => {
    const picture = drawChart('publish', linesOf(rows, 'publish'), { ...machine, versions: { nft: '1.1' } })
    expect(picture).not.toMatch(/NaN|Infinity|undefined|<(script|image|a)\b/)
    const open: string[] = []
    for (const [, end, name = '', own] of picture.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (end === '/') expect(open.pop()).toBe(name)
      else if (own === '') open.push(name)
    }
    expect(open).toEqual([])
    expect(picture).toContain('>slow &amp; &lt;old&gt;</text>')
    expect(picture).toContain('>slow &amp; &lt;old&gt;: not asked for more, as 10 took 24 s.</text>')
    expect(picture).toContain('>never: not installed.</text>')
    expect(picture).toContain('>2026-11-28, 2 x P, Linux 6, load 1.')
    expect(picture).toContain('>Node 20.1.2, nft 1.1</text>')
    expect(picture).toContain('>100 s</text>')
    expect(picture).toContain('prefers-color-scheme:dark')
  })
})

const stored = existsSync(results) ? readdirSync(results).filter((file) => file.endsWith('.json')) : []

test('each stored report has its charts beside it, drawn from its figures', () => {
  for (const file of stored) {
    const report = fromJson<Report>(readFileSync(`${results}/${file}`, 'utf8'))
    expect({ file, quick: report.quick, failed: report.failed }).toEqual({ file, quick: false, failed: [] })
    for (const [picture, drawn] of chartFiles(file.replace('.json', ''), report))
      expect(readFileSync(`${results}/${picture}`, 'utf8')).toBe(drawn)
  }
})
