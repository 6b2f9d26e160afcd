import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { type Block, codeOf } from './markdown/blocks.ts'
import { fitted } from './markdown/compare.ts'
import { blocks, pages } from './markdown/pages.ts'
import { readConfigBlock, readYamlBlock } from './markdown/read-block.ts'
import { writePrinted } from './markdown/rewrite.ts'
import { type Printed, runPage } from './markdown/session.ts'
import { unrun } from './markdown/unrun.ts'
import { promisedIn, runMarked } from './run-marked.ts'

const firstLine = (block: Block): string => block.text.split('\n')[0]?.trim() ?? ''
const reasonOf = (block: Block): string | undefined => unrun[block.page]?.[firstLine(block)]
const place = (block: Block): string => `${block.page}:${block.line}`

const run = blocks.filter((block) => reasonOf(block) === undefined)
const ofKind = (kind: string): (readonly [string, Block])[] =>
  run.filter((block) => block.kind === kind).map((block) => [place(block), block])

const needsKernel = (block: Block): boolean => block.kind === 'console' || block.mark?.kind === 'on-kernel'

/** The output that the page shows after a ts block. */
const outputOf = (block: Block): string | null => {
  const next = blocks[blocks.indexOf(block) + 1]
  return next?.page === block.page && next.mark?.kind === 'prints' ? next.text : null
}

/** Checks a ts block's output against its comments behind console.log, and against the output block after it. */
const expectKept = (block: Block, printed: string): void => {
  const lines = printed.split('\n')
  for (const text of promisedIn(block.text))
    expect(lines.filter((line) => line.startsWith(text))).not.toEqual([])
  const shown = outputOf(block)
  if (shown !== null) expect(fitted(printed, shown)).toBe(shown)
}

describe('the blocks of every page', () => {
  test('are run, or read, or listed with a reason', () => {
    const checked = (block: Block): boolean =>
      ['ts', 'console', 'yaml', 'json'].includes(block.kind) ||
      block.mark?.kind === 'prints' ||
      block.mark?.kind === 'file'
    expect(run.filter((block) => !checked(block)).map(place)).toEqual([])
  })

  test('have a reason only where they are', () => {
    const there = blocks.map((block) => `${block.page}: ${firstLine(block)}`)
    for (const [page, reasons] of Object.entries(unrun))
      for (const line of Object.keys(reasons)) expect(there).toContain(`${page}: ${line}`)
  })

  test('are JSON where they say so', () => {
    for (const [, block] of ofKind('json')) expect(() => fromJson(block.text)).not.toThrow()
  })

  test.each(ofKind('yaml'))('%s is read without a fault or a note', (_, block) => {
    expect(
      /^(pools|reserved|allowed|cluster):/m.test(block.text) ? readConfigBlock(block) : readYamlBlock(block),
    ).toEqual([])
  })

  test.each(ofKind('ts').filter(([, block]) => !needsKernel(block)))(
    '%s runs as it stands there, and prints what the page says',
    async (_, block) => {
      const lines = await runMarked(codeOf(block))
      expectKept(block, lines.map((line) => `${line}\n`).join(''))
    },
  )
})

describe.each(pages.filter((page) => run.some((block) => block.page === page && needsKernel(block))))(
  '%s',
  (page) => {
    const held = run.filter((block) => block.page === page)
    describeOnKernel('on a host of its own', 'nftables', () => {
      let printed: ReadonlyMap<Block, readonly Printed[]> = new Map()
      beforeAll(async () => {
        printed = await runPage(held)
      })
      afterAll(() => {
        if (process.env.PORTOLAN_DOCS === 'write') writePrinted(page, printed)
      })

      test.each(held.filter(needsKernel).map((block) => [block.line, block] as const))(
        'the block of line %i prints what the page says',
        (_, block) => {
          for (const { command, shown, printed: text } of printed.get(block) ?? []) {
            if (block.kind === 'console')
              expect({ command, output: fitted(text, shown) }).toEqual({ command, output: shown })
            else expectKept(block, text)
          }
        },
      )
    })
  },
)
