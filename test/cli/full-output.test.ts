import { spawn } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import { oneService, quietHost } from './host-facts.ts'
import { commandLine, portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({ 'compose.yaml': oneService, 'host.json': quietHost })
const facts = '--host host.json --state state'

/** Runs the command with its output to a file such as /dev/full, which refuses every byte with ENOSPC (full(4)). */
const onto = (place: string, line: string, input = '') =>
  portolan(line.split(' '), { folder, input, under: ['sh', '-c', `"$@" >${place}`, 'sh'] })

/** Fills standard output, a pipe that does not block, says how many bytes that took, and runs a command. */
const withFullPipe = `import os, sys
os.set_blocking(1, False)
size = 0
try:
    while True:
        size += os.write(1, b"." * 512)
except BlockingIOError:
    pass
print(size, file=sys.stderr, flush=True)
os.execvp(sys.argv[1], sys.argv[1:])`

/** All bytes that a pipe holds now. */
const drain = (pipe: number): string => {
  const part = Buffer.alloc(1_048_576)
  let length = 0
  try {
    for (;;) {
      const read = readSync(pipe, part, length, part.length - length, null)
      if (read === 0) break
      length += read
    }
  } catch {
    // A pipe that is empty, and still has a writer, refuses to be read.
  }
  return part.toString('latin1', 0, length)
}

/** Does the first thread of a process wait in epoll? The number of the system call is that of x86-64 and of arm64. */
const waitsForEvents = (pid: number | undefined): boolean =>
  /^(?:232|281|22) /.test(readFileSync(`/proc/${pid}/syscall`, 'utf8'))

describe('an output that cannot be written', () => {
  test.each([
    ['help'],
    ['help help'],
    ['help plan'],
    ['--version'],
    ['version --json'],
    ['completion bash'],
    [`plan ${facts}`],
    [`plan --json ${facts}`],
    [`script --format sh ${facts}`],
    [`report -o - ${facts}`],
    [`evaluate --host host.json`],
  ])('%s on a full disk says so in one line, and exits 1', async (line) => {
    const input = '{"destination": "192.0.2.2", "protocol": "tcp", "destinationPort": 80}\n'.repeat(2000)
    const { code, stderr } = await onto('/dev/full', line, input)
    const told = stderr.split('\n').filter((one) => one.includes('standard output'))
    expect({ code, told }).toEqual({
      code: 1,
      told: [
        'portolan: standard output could not be written: the disk is full (ENOSPC). Only a part was written. Make room there, or name another place, and run this again.',
      ],
    })
    expect(stderr).not.toMatch(/\n +at |node:/)
  })

  test.each([['help'], ['--version']])('%s to a reader that has gone is no failure', async (line) => {
    const { code, stderr } = await portolan(line.split(' '), {
      folder,
      under: ['bash', '-c', 'set -o pipefail; "$@" | true', 'bash'],
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test.each([['help'], ['--version']])(
    '%s waits for a pipe that is full and does not block',
    async (line) => {
      const { stdout: whole } = await portolan([line], { folder })
      const place = join(folder, `pipe${line}`)
      await run(['mkfifo', place], { folder })
      const reading = openSync(place, constants.O_RDONLY | constants.O_NONBLOCK)
      const writing = openSync(place, constants.O_WRONLY)
      const words = ['-c', withFullPipe, ...commandLine, line]
      const running = spawn('python3', words, { stdio: ['ignore', writing, 'pipe'] })
      closeSync(writing)
      let said = ''
      running.stderr?.on('data', (text) => {
        said += text
      })
      const ended = new Promise<number | null>((resolve) => running.on('close', resolve))
      // The command has met the full pipe once it waits for events.
      while (!waitsForEvents(running.pid)) await setTimeout(5)
      const early = drain(reading)
      const code = await ended
      const text = early + drain(reading)
      closeSync(reading)
      expect({ code, text: text.slice(Number(said)) }).toEqual({ code: 0, text: whole })
    },
  )

  test.each([
    ['/dev/full', 'the disk is full (ENOSPC). Make room there, or name another place.'],
    ['/proc/page.html', 'there is no such folder. Name another place.'],
    ['host.json/page.html', 'a part of its path is not a folder. Name another place.'],
    [`${'x'.repeat(300)}.html`, 'its name is too long. Name another place.'],
  ])('a report for %s says why, and what to do', async (file, why) => {
    const { code, stderr } = await portolan(['report', '-o', file, ...facts.split(' ')], { folder })
    expect({ code, said: stderr.slice(stderr.indexOf(`portolan: ${file}`)) }).toEqual({
      code: 1,
      said: `portolan: ${file} could not be written: ${why}\n`,
    })
  })

  test('a report without a name is told that it has none', async () => {
    const { code, stderr } = await portolan(['report', '-o', '', ...facts.split(' ')], { folder })
    expect(code).toBe(1)
    expect(stderr).toContain('portolan: the name of the file to write is empty. Name one.\n')
  })

  test('a read-only file system is named, for a report and for a drawing', async () => {
    const readOnly = [
      'unshare',
      '--mount',
      'sh',
      '-c',
      'mkdir -p ro && mount -t tmpfs -o ro tmpfs ro && exec "$@"',
      'sh',
    ]
    for (const words of [
      ['report', '-o', 'ro/page.html', ...facts.split(' ')],
      ['subnet', '--svg', 'ro/map.svg', ...facts.split(' ')],
    ]) {
      const { code, stderr } = await portolan(words, { folder, under: readOnly })
      expect(code).toBe(1)
      expect(stderr).toContain(
        'could not be written: its file system is mounted read-only (EROFS). Mount it writable, or name another place.',
      )
    }
  })

  test('help of help is the help', async () => {
    const [asked, general] = await Promise.all([
      portolan(['help', 'help'], { folder }),
      portolan(['help'], { folder }),
    ])
    expect(asked).toEqual(general)
  })
})
