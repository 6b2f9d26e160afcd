import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { defaultStateDirectory } from '@portolan/host'
import { knownNeighbours } from '../../src/plan/known-neighbours.ts'

const directory = mkdtempSync(join(tmpdir(), 'portolan-known-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const route = { destination: '10.64.1.0/24', gateway: '192.0.2.12', protocol: 'portolan' }
const unread = async (stateDirectory: string, protocol = route.protocol) => {
  const facts = { routes: [{ ...route, protocol }] }
  return (await knownNeighbours(undefined, { stateDirectory }, facts)).unread
}

test('the command that gets other hosts back is about the state directory that remembers none', async () => {
  const line = `portolan cluster join --state ${directory}`
  expect(await unread(directory)).toEqual([expect.stringContaining(`Run \`${line}\` first`)])
  expect(directory).not.toBe(defaultStateDirectory())
})

test('routes of others say nothing of a cluster', async () => {
  expect(await unread(directory, 'static')).toEqual([])
})
