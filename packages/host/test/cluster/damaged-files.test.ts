import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import {
  openClusterMemory,
  readAppliedText,
  readMember,
  readNeighbours,
  writeAppliedText,
  writeMember,
  writeNeighbours,
} from '../../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'portolan-damaged-'))

const member = {
  ...{ cluster: 'prod', host: 'web-1', incarnation: 'a1', pools: ['10.64.0.0/12:24'] },
  ...{ blocks: [{ block: '10.64.1.0/24', revision: 3 }], leaving: [], lost: [] },
}
const neighbours = {
  ...{ cluster: 'prod', host: 'web-1', revision: 7, blocks: ['10.64.1.0/24'] },
  others: [{ block: '10.64.2.0/24', host: 'web-2', via: '192.0.2.12' }],
}
const source = 'etcd:///shop of cluster prod'
const text = 'services:\n  web: {ports: ["8080:80"]}\n  db: {}\n'
const applied = { project: 'shop', text }

/** A Compose text that was cut off is still a valid text. */
const damages: readonly (readonly [string, (whole: string) => string])[] = [
  ['truncated', (whole) => whole.slice(0, Math.floor(whole.length * 0.7))],
  ['without its last line', (whole) => whole.replace(/[^\n]*\n$/, '')],
  ['empty', () => ''],
  ['no text of ours', () => '\0\0\0\0'],
  [
    'of another shape',
    () => '{"version": 1, "cluster": ["prod"], "blocks": "10.64.1.0/24", "others": [{}]}\n',
  ],
]

const files = (pattern: RegExp): string => {
  const [name = ''] = readdirSync(folder).filter((one) => pattern.test(one))
  return join(folder, name)
}

const damage = (pattern: RegExp, how: (whole: string) => string): string => {
  const file = files(pattern)
  writeFileSync(file, how(readFileSync(file, 'utf8')))
  return file
}

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(damages)('a file that is %s', (_, how) => {
  beforeEach(async () => {
    for (const name of readdirSync(folder)) rmSync(join(folder, name))
    await writeMember(folder, member)
    await writeNeighbours(folder, neighbours)
    await writeAppliedText(folder, source, applied)
  })

  test('and says what this host has is told with its place, and how the blocks come back', async () => {
    const file = damage(/^cluster\.json$/, how)
    const error = { code: 'STATE', message: expect.stringContaining(`The file ${file} is damaged`) }
    await expect(readMember(folder)).rejects.toMatchObject(error)
    await expect(readMember(folder)).rejects.toThrow('portolan cluster join --takeover')
  })

  test('and says what other hosts have is told with its place, and is written anew', async () => {
    const file = damage(/^cluster-neighbours/, how)
    const error = { code: 'STATE', message: expect.stringContaining(`The file ${file} is damaged`) }
    await expect(readNeighbours(folder)).rejects.toMatchObject(error)
    await expect(openClusterMemory(folder).neighbours()).rejects.toMatchObject(error)
    expect(await writeNeighbours(folder, neighbours)).toBe(true)
    expect(await readNeighbours(folder)).toEqual(neighbours)
  })

  test('and keeps the text that is in force is never read as another text, and is written anew', async () => {
    const file = damage(/^applied-/, how)
    const error = { code: 'STATE', message: expect.stringContaining(`The file ${file} is damaged`) }
    await expect(readAppliedText(folder, source)).rejects.toMatchObject(error)
    await writeAppliedText(folder, source, applied)
    expect(await readAppliedText(folder, source)).toMatchObject({ text })
  })
})

describe('a file of a later version', () => {
  beforeEach(async () => {
    for (const name of readdirSync(folder)) rmSync(join(folder, name))
    await writeMember(folder, member)
    await writeNeighbours(folder, neighbours)
  })

  const later = (whole: string): string => whole.replace('"version": 1', '"version": 2')

  test.each([
    [/^cluster\.json$/, 'It says which blocks of a cluster this host has', () => readMember(folder)],
    [/^cluster-neighbours/, 'It ', () => readNeighbours(folder)],
  ])('%s is not called damaged, and the first way out is that version', async (pattern, does, read) => {
    const file = damage(pattern, later)
    await expect(read()).rejects.toMatchObject({
      code: 'STATE',
      message: expect.stringMatching(
        `^The file ${file} was written by a later version of Portolan: it has the form 2, and this version reads 1\\. ${does}[^.]*\\. It was left as it is\\. Use that version\\. If you cannot, .*portolan cluster join`,
      ),
    })
  })
})
