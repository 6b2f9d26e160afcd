import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { socketOwners } from '../../src/facts/socket-owners.ts'
import { lockHolder } from '../../src/lock/lock-holder.ts'

let proc = ''
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'portolan-'))
})
afterEach(() => rmSync(proc, { recursive: true, force: true }))

/** A process as proc(5) shows it, with one file open. */
const run = (pid: number, name: string, parent: number, open: string): void => {
  const folder = join(proc, String(pid))
  for (const part of ['fd', 'fdinfo']) mkdirSync(join(folder, part), { recursive: true })
  writeFileSync(join(folder, 'comm'), `${name}\n`)
  writeFileSync(join(folder, 'stat'), `${pid} (${name} :) 7 7) S ${parent} 1 1 0\n`)
  symlinkSync(open, join(folder, 'fd/3'))
  writeFileSync(join(folder, 'fdinfo/3'), 'lock:\t1: FLOCK  ADVISORY  WRITE 9 00:27:2 0 EOF\n')
}

/** Process ids begin again at the lowest after the highest was used. */
test.each([
  ['a child has a higher number than its parent', [20, 21, 22]],
  ['a child has a lower number than its parent', [22, 21, 20]],
  ['only the last child has a lower number', [21, 22, 20]],
] as const)('of processes that share a socket or a lock the first is named, where %s', (_what, [a, b, c]) => {
  const file = join(proc, 'lock')
  const share = (open: string): void => {
    run(7, 'systemd', 1, '/nowhere')
    run(a, 'parent', 7, open)
    run(b, 'child', a, open)
    run(c, 'grandchild', b, open)
  }
  share('socket:[4711]')
  expect(socketOwners([4711], proc).processes).toEqual(new Map([[4711, { pid: a, name: 'parent' }]]))
  for (const pid of [7, a, b, c]) rmSync(join(proc, String(pid)), { recursive: true })
  share(file)
  const descriptor = openSync(file, 'w')
  try {
    expect(lockHolder(descriptor, proc)).toEqual({ pid: a, name: 'parent' })
  } finally {
    closeSync(descriptor)
  }
})

test('a process whose parent has ended is named itself, and so is one whose parent does not share', () => {
  run(9, 'other', 1, '/nowhere')
  run(8, 'child', 9, 'socket:[4711]')
  run(5, 'orphan', 6, 'socket:[4712]')
  expect(socketOwners([4711, 4712], proc).processes).toEqual(
    new Map([
      [4711, { pid: 8, name: 'child' }],
      [4712, { pid: 5, name: 'orphan' }],
    ]),
  )
})
