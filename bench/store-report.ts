import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report } from './report.ts'

/** Among the sources: what is stored is committed. */
const results = fileURLToPath(new URL('../results', import.meta.url))

/** Keeps a report, with its machine, day and versions, where charts are made from. */
export const storeReport = (name: string, report: Report): void => {
  if (!/^[a-z0-9-]+$/.test(name))
    throw new Error(`--store ${JSON.stringify(name)} is no name of a file: a-z, 0-9 and - only.`)
  if (report.quick) throw new Error('--store and --quick exclude each other: quick figures mean nothing.')
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify(report, null, 1)}\n`)
}
