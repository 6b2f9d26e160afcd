import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { neededPrograms } from '../lab/neighbour/needed-programs.ts'

const bootstrap = readFileSync(new URL('../../script/bootstrap', import.meta.url), 'utf8')

test('script/bootstrap --tests brings every program that a suite demands', () => {
  const brought = [...bootstrap.matchAll(/^ *need (\S+) \S+$/gm)].map(([, program]) => program)
  expect(brought).toEqual(expect.arrayContaining(Object.values(neededPrograms).flat()))
})
