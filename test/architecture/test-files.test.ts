import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from '@jest/globals'

const root = resolve(import.meta.dirname, '../..')

const folders = [
  'test',
  ...readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'test')),
] as const

const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file)),
)

const textOf = (file: string): string => readFileSync(join(root, file), 'utf8')

test('a test gives JSON a type in one place, from-json.ts, and not by a cast', () => {
  expect(files.length).toBeGreaterThan(1000)
  const casting = files.filter((file) =>
    /JSON\.parse\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)? as /.test(textOf(file)),
  )
  expect(casting).toEqual([])
})

test('a file of tests has at most 300 lines', () => {
  const long = files.filter((file) => textOf(file).split('\n').length > 301)
  expect(long).toEqual([])
})
