import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { writeOneFile } from './one-file.ts'

let folder = ''
let program = ''
beforeAll(async () => {
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'portolan-failed-'))
  program = join(folder, 'failed-writes.cjs')
  await writeOneFile(join(import.meta.dirname, 'failed-writes.ts'), program)
})
afterAll(() => rmSync(folder, { recursive: true }))

const attempts = 40

/** Leases addresses in a process of its own. @param before - words in front of the command */
const lease = (store: string, count: number, ...before: readonly string[]) => {
  const [first = '', ...rest] = [...before, process.execPath, program, join(folder, store), String(count)]
  const { status, stdout, stderr } = spawnSync(first, rest, {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return { status, lines: stdout.trim().split('\n'), stderr }
}

const leased = (count: number) => ({ status: 0, lines: Array(count).fill('leased'), stderr: '' })

describe('a lease store that cannot be written', () => {
  test('for a limit on the size of files says so each time, however large the file was before', () => {
    expect(lease('limited', 600)).toEqual(leased(600))
    const limited = lease('limited', 600 + attempts, 'sh', '-c', 'ulimit -f 32; exec "$@"', 'sh')
    expect(limited).toEqual({
      status: 0,
      lines: [
        ...Array(600).fill('leased'),
        ...Array(attempts).fill(
          expect.stringMatching(/could not be written: it is larger than a file may be there \(EFBIG\)/),
        ),
      ],
      stderr: '',
    })
    expect(lease('limited', 600 + attempts)).toEqual(leased(600 + attempts))
  })

  test.each([
    [
      'an error of the disk',
      'EIO',
      /^[^:]*: the disk or device failed \(EIO\)\. Fix that, and run this again\.$/,
    ],
    [
      'a file system that has become read-only',
      'EROFS',
      /^[^:]*: its file system is mounted read-only \(EROFS\)\. What was leased before is still there\. Mount it writable and run this again\.$/,
    ],
  ])('for %s is not written again by the same program', (_, code, words) => {
    expect(lease(code, 600)).toEqual(leased(600))
    const file = join(folder, code, 'leases.mdb')
    // LMDB may end the process at any time after its first failed write (database.ts). So its exit is not compared.
    const { lines } = lease(
      code,
      600 + attempts,
      ...['strace', '-f', '-qq', '-o', '/dev/null', '-P', file],
      ...[
        '-e',
        'trace=pwrite64,pwritev,writev,write',
        '-e',
        `inject=pwrite64,pwritev,writev,write:error=${code}`,
      ],
    )
    const [first, ...others] = lines.slice(600)
    expect(first).toMatch(words)
    const kept =
      /could not be written: an earlier write failed: (the disk|its file system).*start this program again/
    expect(others.filter((line) => !kept.test(line))).toEqual([])
    expect(lease(code, 600 + attempts)).toEqual(leased(600 + attempts))
  })
})
