import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { type Block, blocksOf } from './blocks.ts'

/** The root of the repository. */
export const root = resolve(import.meta.dirname, '../../..')

const skipped = new Set(['node_modules', 'dist', '.git'])

const markdownIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return markdownIn(path)
    return entry.name.endsWith('.md') ? [relative(root, path)] : []
  })

/** API Extractor writes these pages, and test/architecture/api-report.test.ts compares them with the sources. */
const isGenerated = (page: string): boolean => page.endsWith('.api.md')

/** All hand-written pages, as paths from the root. */
export const pages: readonly string[] = markdownIn(root)
  .filter((page) => !isGenerated(page))
  .toSorted()

export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

export const blocks: readonly Block[] = pages.flatMap((page) => blocksOf(page, textOf(page)))
