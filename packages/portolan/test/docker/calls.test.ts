import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { memoryLeaseStore } from '@portolan/core'
import { partOf } from '../../../../test/part-of.ts'
import { openCalls } from '../../src/docker/calls.ts'
import type { DockerParts } from '../../src/docker/docker-parts.ts'
import { settleCalls } from '../../src/docker/settle-calls.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-calls-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const id = 'ab12'.repeat(16)
const leave = (endpoint: string) => ({
  id: endpoint.slice(0, 8),
  path: '/NetworkDriver.Leave',
  body: JSON.stringify({ NetworkID: id, EndpointID: endpoint }),
})

/** A host that records what is detached. */
const partsOf = (detached: string[], told: string[] = []): DockerParts =>
  partOf<DockerParts>({
    report: (text: string) => void told.push(text),
    host: { detach: async (name: string) => void detached.push(name) },
    leases: memoryLeaseStore(),
    links: {},
  })

test('a call that was killed is carried out once more, and has its body when dockerd sends none', async () => {
  openCalls(folder).begin(leave('c'.repeat(64)))
  // A full disk has cut the file off.
  writeFileSync(join(folder, 'docker-calls/x.json'), '{"id": "x", "path": "/Netw')
  const detached: string[] = []
  const calls = openCalls(folder)
  const repeated = await settleCalls(partsOf(detached), calls)
  expect(detached).toEqual(['c'.repeat(12)])
  expect(readdirSync(join(folder, 'docker-calls'))).toEqual([])
  expect(repeated.take('/NetworkDriver.Leave', '{"a": 1}')).toBe('{"a": 1}')
  expect(repeated.take('/NetworkDriver.Join', '')).toBe('')
  expect(repeated.take('/NetworkDriver.Leave', '')).toBe(leave('c'.repeat(64)).body)
  expect(repeated.take('/NetworkDriver.Leave', '')).toBe('')
})

test('of two calls of one kind neither is taken for the other', async () => {
  const before = openCalls(folder)
  before.begin(leave('c'.repeat(64)))
  before.begin(leave('d'.repeat(64)))
  const detached: string[] = []
  const repeated = await settleCalls(partsOf(detached), openCalls(folder))
  expect(detached.toSorted()).toEqual(['c'.repeat(12), 'd'.repeat(12)])
  expect(repeated.take('/NetworkDriver.Leave', '')).toBe('')
})

test('one that cannot be taken back is told, and stops nothing', async () => {
  openCalls(folder).begin({ ...leave('c'.repeat(64)), body: '{}' })
  const told: string[] = []
  await settleCalls(partsOf([], told), openCalls(folder))
  expect(told).toEqual([expect.stringContaining('/NetworkDriver.Leave, which was killed: NetworkID')])
  expect(openCalls(folder).left).toEqual([])
})
