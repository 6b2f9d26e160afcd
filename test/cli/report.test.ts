import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { readPage } from '../property/support/read-page.ts'
import { oneService, quietHost } from './host-facts.ts'
import { dockerAndUfw, dockerHost } from './host-rules.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const folder = temporaryFolder({
  'compose.yaml': oneService,
  'host.json': quietHost,
  'docker.json': dockerHost,
  'rules.v4': dockerAndUfw,
  'notes.html': '<!doctype html>\n<html lang="en">my own page',
})
const quiet = ['report', '--host', 'host.json', '--nft-json', 'none.json', '--state', 'state']
writeFileSync(join(folder, 'none.json'), '{"nftables": []}')
const read = (file: string): string => readFileSync(join(folder, file), 'utf8')

describe('portolan report', () => {
  test('writes one page, which names nothing outside it, and succeeds', async () => {
    const { code, stdout } = await portolan([...quiet, '-o', 'quiet.html'], { folder })
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^quiet\.html: Changes: \d+ to add, .* Open it in a browser\.\n$/),
    })
    const { tags, raw, text } = readPage(read('quiet.html'))
    expect(tags.filter(({ attributes }) => attributes.has('src'))).toEqual([])
    const links = tags.flatMap(({ attributes }) => attributes.get('href') ?? [])
    const places = new Set(tags.flatMap(({ attributes }) => attributes.get('id') ?? []))
    expect(links.filter((link) => !places.has(link.slice(1)))).toEqual([])
    expect(raw.map(({ name }) => name)).toEqual(['style', 'script', 'script'])
    expect(raw[0]?.text).not.toMatch(/url\((?!#)|@import/)
    for (const part of ['Conflicts', 'The way of a packet', 'Mappings', 'Addresses', 'web:80'])
      expect(text).toContain(part)
  })

  test('is known again by its start alone, and takes the place of no other file', async () => {
    const again = await portolan([...quiet, '-o', 'quiet.html'], { folder })
    expect(again.code).toBe(0)
    const refused = await portolan([...quiet, '-o', 'notes.html'], { folder })
    expect({ ...refused, stdout: '' }).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('notes.html is there already and is not a report of Portolan.'),
    })
    expect(read('notes.html')).toContain('my own page')
    mkdirSync(join(folder, 'place'), { recursive: true })
    const inFolder = await portolan([...quiet, '-o', 'place'], { folder })
    expect(inFolder.stderr).toContain('place could not be written: it is a folder.')
    const nowhere = await portolan([...quiet, '-o', 'no/such.html'], { folder })
    expect(nowhere.stderr).toContain('no/such.html could not be written: there is no such folder.')
  })

  test('goes to standard output with -o -, whole, and nothing with it', async () => {
    const { code, stdout } = await portolan([...quiet, '-o', '-'], { folder })
    expect(code).toBe(0)
    await portolan([...quiet, '-o', 'file.html'], { folder })
    expect(stdout).toBe(read('file.html'))
  })

  test.each([
    [[], '-o FILE is missing'],
    [['-o', '-', '--json'], 'would both go to standard output'],
  ])('with %j says what is wrong before anything is read', async (words, message) => {
    const { code, stdout, stderr } = await portolan(['report', '-f', 'compose.yaml', ...words], { folder })
    expect(code).toBe(1)
    expect(stdout + stderr).toContain(message)
  })

  test('with --json says what it wrote, and succeeds where plan blocks', async () => {
    const words = ['--host', 'docker.json', '--iptables-save', 'rules.v4', '-o', 'docker.html', '--json']
    const { code, stdout } = await portolan(['report', ...words], { folder })
    expect(code).toBe(0)
    expect(fromJson(stdout)).toEqual({
      file: 'docker.html',
      bytes: statSync(join(folder, 'docker.html')).size,
      summary: { add: expect.any(Number), change: expect.any(Number), remove: 0 },
      conflicts: expect.any(Number),
    })
    expect(read('docker.html')).toContain('-P FORWARD DROP')
  })

  test('is small: less than 300 kB of a page are not the host and its rules', () => {
    expect(existsSync(join(folder, 'quiet.html'))).toBe(true)
    expect(statSync(join(folder, 'quiet.html')).size).toBeLessThan(300_000)
  })
})
