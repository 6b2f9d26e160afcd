import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { ClusterNeighbours } from '@portolan/core'
import {
  openClusterMemory,
  readHeldBlocks,
  readMember,
  readNeighbours,
  writeMember,
  writeNeighbours,
} from '../../src/index.ts'

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
    // A change of the revision alone is not written.
    await writeNeighbours(folder, { ...neighbours, revision: 9 })
    expect(memory.stamp()).toBe(first)
    await writeNeighbours(folder, { ...neighbours, others: [] })
    expect(memory.stamp()).not.toBe(first)
    expect(await memory.neighbours()).toMatchObject({ others: [] })
    await writeNeighbours(folder, null)
    expect(memory.stamp()).toBe(none)
  }))

test('a block that was claimed after the other hosts were seen last is lost though they are the same again', () =>
  inFolder(async (folder) => {
    const seen = { ...neighbours, blocks: [] }
    await writeNeighbours(folder, seen)
    // As after `join` was killed before it stored the other hosts.
    await writeMember(folder, { ...member, blocks: [{ block: '10.64.1.0/24', revision: 8 }] })
    await writeNeighbours(folder, { ...seen, revision: 9 })
    expect(await readHeldBlocks('etcd://192.0.2.1/prod', folder)).toMatchObject({
      blocks: [],
      lost: [{ block: '10.64.1.0/24', takenBy: null }],
    })
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

test('what changes is told though the directory was taken away, and another one is in its place', () =>
  inFolder(async (folder) => {
    const place = join(folder, 'state')
    await writeMember(place, member)
    let told = (): void => {}
    const next = (): Promise<void> =>
      new Promise((resolve) => {
        told = resolve
      })
    const gone = next()
    const end = openClusterMemory(place).follow(() => told())
    await rename(place, join(folder, 'lost'))
    await gone
    const again = next()
    await writeNeighbours(place, neighbours)
    await again
    end()
  }))

test('a block that another host was seen to have is lost before the host has asked for its own', () =>
  inFolder(async (folder) => {
    const heldNow = (seen?: ClusterNeighbours | null) =>
      readHeldBlocks('etcd://192.0.2.1/prod', folder, undefined, seen)
    const block = '10.64.1.0/24'
    await writeMember(folder, { ...member, leaving: [block] })
    expect(await heldNow()).toMatchObject({ blocks: [block], leaving: [block], lost: [] })
    const reclaimed = { ...neighbours, blocks: [] }
    const taken = { ...reclaimed, others: [{ block, host: 'web-2', via: null }] }
    const isLost = { blocks: [], lost: [{ block, takenBy: null }] }
    expect(await heldNow(reclaimed)).toMatchObject(isLost)
    expect(await heldNow(reclaimed)).not.toHaveProperty('leaving')
    expect(await heldNow(taken)).toMatchObject({ blocks: [], lost: [{ block, takenBy: 'web-2' }] })
    await writeNeighbours(folder, reclaimed)
    expect(await heldNow()).toMatchObject(isLost)
    // Records from before the block was claimed again, or of another cluster or host, do not count.
    for (const other of [{ revision: 2 }, { cluster: 'test' }, { host: 'web-9' }])
      expect(await heldNow({ ...reclaimed, ...other })).toMatchObject({ blocks: [block], lost: [] })
    // A block that was lost without a new owner may have one by now.
    await writeMember(folder, { ...member, blocks: [], lost: [{ block, takenBy: null, revision: 5 }] })
    expect(await heldNow(taken)).toMatchObject({ lost: [{ block, takenBy: 'web-2' }] })
    expect(await heldNow(null)).toMatchObject({ lost: [{ block, takenBy: null }] })
  }))

test('blocks of other hosts are known where this host remembers none of its own', () =>
  inFolder(async (folder) => {
    const url = 'etcd://192.0.2.1/prod'
    const others = [{ block: '10.64.2.0/24', host: 'web-2' }]
    expect(await readHeldBlocks(url, folder, 'join', neighbours)).toMatchObject({
      pools: null,
      lost: [],
      others,
    })
    await writeNeighbours(folder, neighbours)
    expect(await readHeldBlocks(url, folder)).toMatchObject({ pools: null, lost: [], others })
    expect(await readHeldBlocks('etcd://192.0.2.1/test', folder)).not.toHaveProperty('others')
    await writeMember(folder, member)
    expect(await readHeldBlocks(url, folder)).toMatchObject({ blocks: ['10.64.1.0/24'], lost: [], others })
  }))

test('a block that no pool had when the cluster was seen last is leaving before the host has joined again', () =>
  inFolder(async (folder) => {
    const heldNow = () => readHeldBlocks('etcd://192.0.2.1/prod', folder)
    await writeMember(folder, member)
    await writeNeighbours(folder, { ...neighbours, pools: member.pools })
    expect(await heldNow()).not.toHaveProperty('leaving')
    expect(await writeNeighbours(folder, { ...neighbours, pools: ['10.72.0.0/22:26'] })).toBe(true)
    expect(await heldNow()).toMatchObject({
      blocks: ['10.64.1.0/24'],
      leaving: ['10.64.1.0/24'],
      pools: ['10.72.0.0/22:26', ...member.pools],
      former: member.pools,
    })
    await writeNeighbours(folder, { ...neighbours, cluster: 'test', pools: ['10.72.0.0/22:26'] })
    expect(await heldNow()).not.toHaveProperty('former')
  }))

test.each([
  ['blocks of this host', 'cluster.json', (folder: string) => writeMember(folder, member)],
  ['other hosts', 'cluster-neighbours.json', (folder: string) => writeNeighbours(folder, neighbours)],
])('what a process left that was killed while it wrote goes with the next writing of %s', (_, file, write) =>
  inFolder(async (folder) => {
    // No process has an id above the kernel's limit (PID_MAX_LIMIT).
    const kept = [`${file}.${process.ppid}.tmp`, `${file}.old.tmp`, 'other.json.4194305.tmp']
    for (const name of [`${file}.4194305.tmp`, ...kept]) await writeFile(join(folder, name), '')
    await write(folder)
    expect((await readdir(folder)).toSorted()).toEqual([file, ...kept].toSorted())
  }),
)

test.each([
  ['cluster.json', readMember, 'portolan cluster join --takeover --state '],
  ['cluster-neighbours.json', readNeighbours, 'portolan cluster join --state '],
] as const)(
  'a damaged %s names a join of its directory, and that it needs the cluster',
  (file, read, command) =>
    inFolder(async (folder) => {
      await writeFile(join(folder, file), '{')
      await expect(read(folder)).rejects.toMatchObject({
        code: 'STATE',
        message: expect.stringContaining(
          `\`${command}${folder}\`, with --cluster URL where config.yaml names no cluster`,
        ),
      })
    }),
)
