import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { programEnvironment } from '../../src/runner/program-environment.ts'

const folder = mkdtempSync(join(tmpdir(), 'portolan-path-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('programEnvironment', () => {
  test("administration folders follow the user's own, once, and messages are in English", () => {
    expect(programEnvironment({ PATH: '/usr/bin:/sbin', HOME: '/root', LANGUAGE: 'de' })).toEqual({
      PATH: '/usr/bin:/sbin:/usr/local/sbin:/usr/sbin',
      HOME: '/root',
      LC_ALL: 'C',
    })
  })

  test('an empty or relative element of PATH is no place to look for a program', () => {
    expect(programEnvironment({ PATH: ':bin::./x:/usr/bin:' }).PATH).toBe(
      '/usr/bin:/usr/local/sbin:/usr/sbin:/sbin',
    )
  })

  test('root looks for programs only where root alone may put them', () => {
    const open = join(folder, 'open')
    const inside = join(open, 'bin')
    const link = join(folder, 'link')
    const own = join(folder, 'own')
    for (const one of [open, inside, own]) mkdirSync(one)
    chmodSync(open, 0o777)
    symlinkSync(inside, link)
    const { PATH } = programEnvironment({ PATH: [open, inside, link, own].join(':') })
    const isRoot = process.geteuid?.() === 0
    expect(PATH?.split(':').filter((one) => one.startsWith(folder))).toEqual(
      isRoot ? [own] : [open, inside, link, own],
    )
  })

  test('iptables locks the file that every other program locks', () => {
    expect(programEnvironment({ PATH: '/usr/bin', XTABLES_LOCKFILE: '/tmp/lock' })).not.toHaveProperty(
      'XTABLES_LOCKFILE',
    )
  })
})
