import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { ClusterNeighbours } from '@portolan/core'
import { openClusterMemory, writeMember, writeNeighbours } from '../../src/index.ts'

const neighbours: ClusterNeighbours = {
  ...{ cluster: 'prod', host: 'web-1', revision: 7, blocks: ['10.64.1.0/24'] },
  others: [{ block: '10.64.2.0/24', host: 'web-2', via: '192.0.2.12' }],
}
const member = {
  ...{ cluster: 'prod', host: 'web-1', incarnation: 'a1', pools: ['10.64.0.0/12:24'] },
  ...{ blocks: [{ block: '10.64.1.0/24', revision: 3 }], leaving: [], lost: [] },
}

const inFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'portolan-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('the stamp is another one once the other hosts are, and the same while they are not', () =>
  inFolder(async (folder) => {
    const memory = openClusterMemory(folder)
    const none = memory.stamp()
    expect(memory.stamp()).toBe(none)
    await writeNeighbours(folder, neighbours)
    const first = memory.stamp()
    expect(first).not.toBe(none)
    // A newer revision alone is not written.
    await writeNeighbours(folder, { ...neighbours, revision: 9 })
    expect(memory.stamp()).toBe(first)
    await writeNeighbours(folder, { ...neighbours, others: [] })
    expect(memory.stamp()).not.toBe(first)
    expect(await memory.neighbours()).toMatchObject({ others: [] })
    await writeNeighbours(folder, null)
    expect(memory.stamp()).toBe(none)
  }))

test.each([
  ['other hosts', (folder: string) => writeNeighbours(folder, neighbours)],
  ['blocks of this one', (folder: string) => writeMember(folder, member)],
])('%s that are written down are told, in a folder that is there and in one that comes', (_, write) =>
  inFolder(async (folder) => {
    for (const place of [folder, join(folder, 'later')]) {
      let end = (): void => {}
      const told = new Promise<void>((resolve) => {
        end = openClusterMemory(place).follow(resolve)
      })
      await write(place)
      await told
      end()
    }
  }),
)
