import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { processName, toldProcessName } from '../../src/facts/processes.ts'

let proc = ''
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'portolan-'))
})
afterEach(() => rmSync(proc, { recursive: true, force: true }))

/** A process as proc(5) shows it. */
const run = async (pid: number, comm: string, ...words: readonly string[]): Promise<string> => {
  const folder = join(proc, String(pid))
  await mkdir(folder)
  writeFileSync(join(folder, 'comm'), `${comm}\n`)
  writeFileSync(join(folder, 'cmdline'), words.map((word) => `${word}\0`).join(''))
  symlinkSync('/usr/bin/node', join(folder, 'exe'))
  return folder
}

test.each([
  ['portolan watch', 'node', ['node', '--', '/usr/bin/portolan', 'watch', '-p', 'shop']],
  ['portolan watch', 'MainThread', ['node', '/opt/portolan/bin/portolan.js', 'watch']],
  ['portolan cluster join', 'node', ['node', '--', '/usr/bin/portolan', 'cluster', 'join', '--watch']],
  ['portolan', 'node', ['node', '--', '/usr/bin/portolan', '--version']],
  ['portolan-cni', 'node', ['node', '/opt/cni/bin/portolan-cni']],
  ['node', 'node', ['node', 'server.js', '/usr/bin/portolan']],
  ['node', 'MainThread', ['node']],
  ['nft', 'nft', ['nft', 'flush', 'ruleset']],
])('a process is named %s', async (name, comm, words) => {
  expect(processName(await run(7, comm, ...words))).toBe(name)
})

test('what the kernel told is looked up under its number, where that is the same process', async () => {
  await run(7, 'node', 'node', '--', '/usr/bin/portolan', 'watch')
  await run(8, 'bash', 'bash')
  expect(toldProcessName(7, 'node', proc)).toBe('portolan watch')
  expect(toldProcessName(8, 'node', proc)).toBe('node')
  expect(toldProcessName(9, 'node', proc)).toBe('node')
  expect(toldProcessName(7, 'nft', proc)).toBe('nft')
})
