import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { countTests } from '../../script/count-tests.js'
import { networkRows } from '../kernel/contract/rows-networks.ts'
import { publishedRows } from '../kernel/contract/rows-published.ts'
import { backends } from '../lab/backend.ts'
import { blocks, root, textOf } from './markdown/pages.ts'
import { unrun } from './markdown/unrun.ts'

const readme = textOf('README.md')
const section = (heading: string): string => readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

/** The rows of the tables in a section, without their headings. */
const rowsOf = (heading: string): readonly (readonly string[])[] =>
  section(heading)
    .split('\n')
    .filter(
      (line, at, lines) => line.startsWith('|') && !/^\|-/.test(line) && !/^\|-/.test(lines[at + 1] ?? ''),
    )
    .map(cellsOf)

describe('the table of what is supported', () => {
  const rows = rowsOf('What is supported')

  test('has a test file in each cell', () => {
    expect(rows.length).toBeGreaterThan(7)
    const cells = rows.flatMap((row) => (row.length === 4 && !row[0]?.startsWith('[') ? row.slice(1) : row))
    for (const cell of cells) expect(cell).toMatch(/^\[[\w ]+\]\((test\/[\w./-]+\.test\.ts)\)$/)
  })

  test('asks the contract for every family and protocol', () => {
    for (const family of ['ip', 'ip6'] as const)
      for (const protocol of ['tcp', 'udp', 'sctp'] as const)
        expect(
          publishedRows.filter(
            ({ families, protocols }) => families.includes(family) && protocols.includes(protocol),
          ).length,
        ).toBeGreaterThan(5)
  })

  test('names for a backend a file that runs on it', () => {
    for (const [, ...cells] of rows.filter((row) => row.length === 4 && !row[0]?.startsWith('[')))
      for (const [at, cell] of cells.entries()) {
        const [, file = ''] = /\((.*)\)/.exec(cell) ?? []
        const text = readFileSync(join(root, file), 'utf8')
        // A scenario is played on all backends unless it names some.
        expect(text).toMatch(new RegExp(`'${backends[at]}'|\\bbackends\\b|describeScenarios`))
      }
  })
})

describe('the counts of the README', () => {
  const counts = countTests()
  const questions = [...publishedRows, ...networkRows].reduce(
    (sum, row) => sum + row.families.length * row.protocols.length,
    0,
  )
  const listed = Object.values(unrun).reduce((sum, reasons) => sum + Object.keys(reasons).length, 0)
  const actual = [
    counts.testFiles,
    counts.kernelTestFiles,
    // Twice, for both values of bridge-nf-call-iptables.
    questions * backends.length * 2,
    counts.scenarios,
    counts.composeFiles,
    counts.listings,
    blocks.length - listed,
  ]
  const rows = rowsOf('How it is verified')

  test('are as many as are counted', () => expect(rows).toHaveLength(actual.length))

  const figures = rows.map(
    ([what = '', least = ''], at) => [what, Number(least.replaceAll(',', '')), actual[at] ?? 0] as const,
  )

  test.each(figures)('%s: at least %i, and not many more', (_, least, count) => {
    expect(count).toBeGreaterThanOrEqual(least)
    // A figure that is half of the real one has not been updated.
    expect(least).toBeGreaterThan(count / 2)
  })
})

test('the guide to conflicts names every kind', () => {
  const source = readFileSync(join(root, 'packages/core/src/conflict/conflict.ts'), 'utf8')
  const kinds = [...source.matchAll(/^ {2}\| '(\w+)'$/gm)].map(([, kind]) => kind)
  const named = [...textOf('docs/read-a-conflict.md').matchAll(/^\| `([A-Z]\w+)` \|/gm)].map(
    ([, kind]) => kind,
  )
  expect(kinds.length).toBeGreaterThan(20)
  expect(named.toSorted()).toEqual([...new Set(kinds)].toSorted())
})
