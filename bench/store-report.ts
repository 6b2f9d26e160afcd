import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drawChart } from './chart/draw-chart.ts'
import { chartsOf, linesOf } from './chart/lines.ts'
import type { Report } from './report.ts'

/** Stored reports are committed, so the folder is among the sources. */
const results = fileURLToPath(new URL('../results', import.meta.url))

/** Throws where a report could not be stored. It is called first, because the measurement takes minutes. */
export const checkStore = (name: string): void => {
  if (!/^[a-z0-9-]+$/.test(name))
    throw new Error(`--store ${JSON.stringify(name)} is no name of a file: a-z, 0-9 and - only.`)
}

/** Stores a report with its machine, day and versions, and draws the charts for which its rows have points. */
export const storeReport = (name: string, report: Report): void => {
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify(report, null, 1)}\n`)
  for (const [file, picture] of chartFiles(name, report)) writeFileSync(join(results, file), picture)
}

/** The charts of a stored report, by file name. */
export const chartFiles = (
  name: string,
  { rows, machine }: Report,
): readonly (readonly [file: string, picture: string])[] =>
  chartsOf(rows).map((chart) => [`${name}-${chart}.svg`, drawChart(chart, linesOf(rows, chart), machine)])
