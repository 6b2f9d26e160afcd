import { describe, expect, test } from '@jest/globals'
import { oneService, quietHost } from './host-facts.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({ 'compose.yaml': oneService, 'host.json': quietHost })
const facts = '--host host.json --state state'

/** Runs the command with its output to a file such as /dev/full, which refuses every byte with ENOSPC (full(4)). */
const onto = (place: string, line: string, input = '') =>
  portolan(line.split(' '), { folder, input, under: ['sh', '-c', `"$@" >${place}`, 'sh'] })

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
