import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

/** As it ships: Node's own loader is what is asked, not jest's. */
const built = (entry: string): string => fileURLToPath(new URL(`../../dist/${entry}.js`, import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-'))
  mkdirSync(join(folder, 'real'))
  symlinkSync('real', join(folder, 'link'))
  writeFileSync(join(folder, 'first.mjs'), '')
  writeFileSync(join(folder, 'real/second.mjs'), 'export const { url } = import.meta')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a module behind a link is still found after a text was read from a pipe', () => {
  // The first import makes the loader know the folder; then it looks at the link alone.
  const script = `
    import { readTextFile } from ${JSON.stringify(built('file/index'))}
    await import(${JSON.stringify(join(folder, 'first.mjs'))})
    const text = readTextFile(0, { mostBytes: 100, pipes: true })
    const { url } = await import(${JSON.stringify(join(folder, 'link/second.mjs'))})
    console.log(text, url)`
  const printed = execFileSync(
    'sh',
    ['-c', 'printf piped | "$0" --input-type=module --eval "$1"', process.execPath, script],
    {
      encoding: 'utf8',
      timeout: 30_000,
    },
  )
  expect(printed).toMatch(/^piped file:.*\/real\/second\.mjs\n$/)
})

const stateFile = `state-${/\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0]}.json`

test.each([
  ['a state file', stateFile, 'readState(folder)'],
  ['a lease store', 'leases.mdb', 'openLeaseStore(folder).read()'],
  ["a lease store's lock file", 'leases.mdb-lock', 'openLeaseStore(folder).read()'],
  ['a journal', 'journal', "openJournal(folder + '/journal').read()"],
])('a module behind a link is still found after a pipe in place of %s was refused', (_what, name, read) => {
  execFileSync('mkfifo', [join(folder, name)])
  const script = `
    import { openJournal, openLeaseStore, readState } from ${JSON.stringify(built('index'))}
    const folder = ${JSON.stringify(folder)}
    await import(folder + '/first.mjs')
    const refusal = await (async () => ${read})().catch(({ code }) => code)
    const { url } = await import(folder + '/link/second.mjs')
    console.log(refusal, url)`
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect(printed).toMatch(/^STATE file:.*\/real\/second\.mjs\n$/)
})
