import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from '@jest/globals'

const root = resolve(import.meta.dirname, '../..')

const folders = [
  join(root, 'test'),
  ...readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'test')),
]

/** Tests that read a clock, but expect nothing about how long a computation takes. */
const readers = [
  // It compares two instants: a second program begins after the first has ended.
  'packages/host/test/lock/with-host-lock.live.test.ts',
  // It kills a process at instants spread over its running time.
  'test/kernel/lifecycle/interruption.ts',
  // It prints the time in the report of a run.
  'test/kernel/random-hosts/trial.ts',
]

test('no test measures time: speed is a benchmark, and a test counts work (test/growth/count-work.ts)', () => {
  const clock = /\b(performance\.now|Date\.now|hrtime|cpuUsage|resourceUsage)\b/
  expect(
    folders
      .flatMap((folder) =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.ts') || name.endsWith('.js'))
          .map((name) => join(folder, name)),
      )
      .filter((file) => file !== import.meta.filename && clock.test(readFileSync(file, 'utf8')))
      .map((file) => relative(root, file))
      .sort(),
  ).toEqual(readers)
})
