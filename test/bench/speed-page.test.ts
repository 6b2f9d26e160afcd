import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { markdownTable } from '../../bench/markdown-table.ts'
import type { Report } from '../../bench/report.ts'
import { fromJson } from '../from-json.ts'

const root = new URL('../../', import.meta.url)
const page = fileURLToPath(new URL('docs/speed.md', root))

/** A table between two comments. The first comment names the report of which the table is made. */
const tables =
  /(?<=<!-- table of (?<file>bench\/results\/[a-z0-9-]+\.json) -->\n\n).*?(?=\n\n<!-- end of the table -->)/gs

test('the page on speed shows the figures of a stored report, as they are', () => {
  const text = readFileSync(page, 'utf8')
  expect([...text.matchAll(tables)]).not.toEqual([])
  const written = text.replace(tables, (...found) => {
    const { file } = found.at(-1) as { readonly file: string }
    return markdownTable(fromJson<Report>(readFileSync(fileURLToPath(new URL(file, root)), 'utf8')))
  })
  if (process.env.PORTOLAN_DOCS === 'write') writeFileSync(page, written)
  else expect(text).toBe(written)
})
