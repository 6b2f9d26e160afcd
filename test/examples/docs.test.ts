import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { markedExamples, promisedIn, runMarked } from './marked-examples.ts'

const folder = new URL('../../docs/', import.meta.url)

const examples = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) =>
    markedExamples(readFileSync(new URL(name, folder), 'utf8')).map(
      (code, at) => [name, at + 1, code] as const,
    ),
  )

describe('the guides', () => {
  test('have examples', () => expect(examples.length).toBeGreaterThan(0))

  test.each(examples)(
    '%s, example %i, runs as it stands there, and prints what its comments say',
    async (...given) => {
      const [, , code] = given
      const promised = promisedIn(code)
      expect(promised.length).toBeGreaterThan(0)
      const lines = await runMarked(code)
      for (const text of promised) expect(lines.filter((line) => line.startsWith(text))).not.toEqual([])
    },
  )
})
