import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from '@jest/globals'
import { runExample } from './run-example.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'portolan-readme-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The TypeScript between the markers `example: start` and `example: end`. */
const code = /<!-- example: start -->\s*```ts\n([\s\S]*?)```\s*<!-- example: end -->/.exec(readme)?.[1] ?? ''

test('the library example of the README runs as it stands there, and prints what its comments say', async () => {
  const file = join(folder, 'example.ts')
  writeFileSync(file, code)
  const lines = await runExample(pathToFileURL(file))
  // A comment behind a console.log tells the start of what it prints.
  const promised = [...code.matchAll(/^console\.log\(.*\) \/\/ ([^\s:]+)/gm)].map(([, text]) => text)
  expect(promised.length).toBeGreaterThan(0)
  for (const text of promised) expect(lines).toContain(text)
  expect(lines).toContainEqual(expect.stringMatching(/^Plan for project /))
  expect(lines).toContainEqual(expect.stringMatching(/table inet portolan \{$/))
})
