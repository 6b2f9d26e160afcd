import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { workspace } from '../../script/workspace-packages.js'
import { neededPrograms } from '../lab/neighbour/needed-programs.ts'

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('script/bootstrap --tests brings every program that a suite demands', () => {
  const brought = [...textOf('script/bootstrap').matchAll(/^ *need (\S+) \S+$/gm)].map(
    ([, program]) => program,
  )
  expect(brought).toEqual(expect.arrayContaining(Object.values(neededPrograms).flat()))
})

test('every command that the README names runs in a fresh clone, because it sets up first', () => {
  const readme = textOf('README.md')
  const named = [
    ...[...readme.matchAll(/`sh (script\/[a-z-]+)/g)].map(([, path = '']) => textOf(path)),
    ...[...readme.matchAll(/npm (?:run )?(start|test|bench|example|reference)\b/g)].map(([, name = '']) => {
      const { [name]: line = '' } = workspace.manifest.scripts
      const [, path] = /^sh (script\/\S+)$/.exec(line) ?? []
      return path === undefined ? line : textOf(path)
    }),
  ]
  expect(named.length).toBeGreaterThan(4)
  expect(named.filter((text) => !text.includes('sh script/bootstrap'))).toEqual([])
})
