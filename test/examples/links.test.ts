import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { pages, root, textOf } from './markdown/pages.ts'

const withoutCode = (text: string): string =>
  text.replaceAll(/^( *)(`{3,})[\s\S]*?^\1\2 *$/gm, '').replaceAll(/`[^`\n]*`/g, '')

/** The targets of the links and pictures on a page. */
const linksOf = (page: string): readonly string[] => [
  ...[...withoutCode(textOf(page)).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target),
]

/** The anchor that GitHub makes for a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')

const anchorsOf = (page: string): readonly string[] => {
  const text = textOf(page).replaceAll(/^( *)(`{3,})[\s\S]*?^\1\2 *$/gm, '')
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))
}

const isOutside = (link: string): boolean => /^[a-z]+:/.test(link)

describe('the links of every page', () => {
  test.each(pages)('%s leads to files and headings that are there', (page) => {
    const broken = linksOf(page)
      .filter((link) => !isOutside(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#')
        const target = path === '' ? page : relative(root, join(root, dirname(page), path))
        if (target.startsWith('..') || !existsSync(join(root, target))) return true
        return anchor !== undefined && !anchorsOf(target).includes(anchor)
      })
    expect(broken).toEqual([])
  })

  test('lead from the README to every page of docs', () => {
    const linked = linksOf('README.md')
    expect(pages.filter((page) => page.startsWith('docs/') && !linked.includes(page))).toEqual([])
  })
})
