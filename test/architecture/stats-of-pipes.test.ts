import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { sourcesOf } from './import-graph.ts'

const stats = fileURLToPath(new URL('../suites/stats-of-pipes.js', import.meta.url))

test.each(['looked at', 'removed'])(
  'a worker of jest finds packages that are links behind a pipe that a suite has %s',
  (how) => {
    const folder = mkdtempSync(join(tmpdir(), 'portolan-'))
    try {
      for (const name of ['real', 'left']) mkdirSync(join(folder, name))
      symlinkSync('real', join(folder, 'link'))
      writeFileSync(join(folder, 'first.mjs'), '')
      writeFileSync(join(folder, 'real/second.mjs'), 'export const { url } = import.meta')
      execFileSync('mkfifo', [join(folder, 'left/pipe')])
      // The first import makes the loader know the folder, so that afterwards it reads only the link.
      const script = `
      import { lstatSync, rmSync } from 'node:fs'
      import ${JSON.stringify(stats)}
      await import(${JSON.stringify(join(folder, 'first.mjs'))})
      const left = ${JSON.stringify(join(folder, 'left'))}
      if (${how === 'removed'}) rmSync(left, { recursive: true })
      else lstatSync(left + '/pipe')
      const { url } = await import(${JSON.stringify(join(folder, 'link/second.mjs'))})
      console.log(url)`
      const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
        encoding: 'utf8',
      })
      expect(printed).toMatch(/\/real\/second\.mjs\n$/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)

test('every stat of the packages is in bigints, which Node keeps elsewhere', () => {
  const packages = readdirSync(fileURLToPath(new URL('../../packages', import.meta.url)))
  const stats = packages
    .flatMap(sourcesOf)
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\b[lf]?statSync\((?:[^()]|\([^()]*\))*\)/g)].map(
        ([call]) => `${file}: ${call}`,
      ),
    )
  expect(stats.length).toBeGreaterThan(40)
  expect(stats.filter((call) => !/inBigints|bigint: true/.test(call))).toEqual([])
})
