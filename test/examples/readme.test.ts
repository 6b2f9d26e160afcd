import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { markedExamples, runMarked } from './marked-examples.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const [code = ''] = markedExamples(readme)

test('the library example of the README runs as it stands there, and prints what its comments say', async () => {
  const lines = await runMarked(code)
  // A comment behind a console.log tells the start of what it prints.
  const promised = [...code.matchAll(/^console\.log\(.*\) \/\/ ([^\s:]+)/gm)].map(([, text]) => text)
  expect(promised.length).toBeGreaterThan(0)
  for (const text of promised) expect(lines).toContain(text)
  expect(lines).toContainEqual(expect.stringMatching(/^Plan for project /))
  expect(lines).toContainEqual(expect.stringMatching(/table inet portolan \{$/))
})
