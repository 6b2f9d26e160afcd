import { execFileSync } from 'node:child_process'
import { closeSync, readFileSync, readSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { openWholeInput } from '../../src/runner/whole-input.ts'
import { describeLive } from '../live/namespace.ts'

describe('openWholeInput', () => {
  test('holds the text from its first byte, for any program that inherits the descriptor', () => {
    const text = 'häuser\n'.repeat(100_000)
    const descriptor = openWholeInput(text)
    const bytes = Buffer.alloc(8)
    readSync(descriptor, bytes, 0, 8, null)
    expect(bytes.toString()).toBe('häuser\n')
    expect(readFileSync(`/proc/self/fd/${descriptor}`, 'utf8')).toBe(text)
    closeSync(descriptor)
  })

  test('holds characters of two halves where the text is written in pieces', () => {
    const text = `x${'😀'.repeat(1_200_000)}`
    const descriptor = openWholeInput(text)
    expect(readFileSync(`/proc/self/fd/${descriptor}`, 'utf8') === text).toBe(true)
    closeSync(descriptor)
  })
})

describeLive('openWholeInput where memory and disks are full', () => {
  const where = (sizes: Readonly<Record<string, string>>, bytes: number): string => {
    const mounts = Object.entries(sizes).map(
      ([folder, size]) => `mount -t tmpfs -o size=${size} tmpfs ${folder}`,
    )
    const code = `
      import { createRunner } from '@portolan/host'
      createRunner().run('wc', ['-c'], { input: 'x'.repeat(${bytes}) })
        .then(({ stdout }) => console.log(stdout.trim()), ({ code, message }) => console.log(code, message))`
    return execFileSync(
      'unshare',
      [
        '-m',
        'sh',
        '-ec',
        `${mounts.join('\n')}\nexec "$@"`,
        'sh',
        process.execPath,
        '--input-type=module',
        '-e',
        code,
      ],
      {
        encoding: 'utf8',
        cwd: new URL('../..', import.meta.url),
        env: { ...process.env, TMPDIR: '/tmp', NODE_OPTIONS: '' },
      },
    )
  }

  test('takes the folder that has room', () => {
    expect(where({ '/dev/shm': '64k', '/tmp': '8m' }, 1_000_000)).toBe('1000000\n')
  })

  test('is an error, and the program is not started', () => {
    expect(where({ '/dev/shm': '64k', '/tmp': '64k', '/var/tmp': '64k' }, 1_000_000)).toMatch(
      /^INPUT_FILE The 1000000 bytes .*ENOSPC.* The program was not started\. Free some room in one of \/dev\/shm, \/tmp, \/var\/tmp/,
    )
  })
})
