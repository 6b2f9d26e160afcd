import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { bridgeNetwork, type ClusterNeighbours, type OwnedNetwork, planSubnets } from '@portolan/core'
import { readHeldBlocks, writeMember, writeNeighbours } from '@portolan/host'
import { liveWording } from '../../src/live/live-wording.ts'
import { readLostBlocks } from '../../src/status/lost-blocks.ts'

const seen: ClusterNeighbours = {
  ...{ cluster: 'prod', host: 'web-1', revision: 7, blocks: ['10.64.1.0/24'] },
  others: [{ block: '10.64.2.0/24', host: 'web-2', via: '192.0.2.12' }],
}
const member = {
  ...{ cluster: 'prod', host: 'web-1', incarnation: 'a1', pools: ['10.64.0.0/12:24'] },
  ...{ blocks: [{ block: '10.64.1.0/24', revision: 3 }], leaving: [], lost: [] },
}
const up = (address: string): readonly OwnedNetwork[] => {
  const network = bridgeNetwork({
    name: 'br-web',
    alias: 'portolan project=shop network=web',
    addresses: [address],
  })
  return network === null ? [] : [network]
}

const ofProject = (command: string, project: string): string => command.replace('move', `move -p ${project}`)

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portolan-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const found = async (address: string, neighbours?: ClusterNeighbours) =>
  (await readLostBlocks(folder, { isLive: () => false, ...(neighbours === undefined ? {} : { neighbours }) }))
    .find(up(address))
    .map(({ message }) => message)

test('a network that is up in a block of another host is told by what is up, whatever is remembered', async () => {
  const told = [expect.stringContaining('web-2')]
  expect(await found('10.64.2.1/24')).toEqual([])
  // The records as etcd has them, for a command that asked etcd.
  expect(await found('10.64.2.1/24', seen)).toEqual(told)
  // The state directory was lost, and a watch has stored what it has seen since.
  await writeNeighbours(folder, seen)
  expect(await found('10.64.2.1/24')).toEqual(told)
  // Then this host's blocks were taken over again.
  await writeMember(folder, member)
  expect(await found('10.64.2.1/24')).toEqual(told)
  expect(await found('10.64.1.1/24')).toEqual([])
})

test('a plan tells it too', async () => {
  await writeNeighbours(folder, seen)
  const overlaps = async (): Promise<readonly unknown[]> => {
    const blocks = await readHeldBlocks('etcd://192.0.2.1/prod', folder)
    const wish = { network: 'web', family: 'ip', subnet: '10.64.2.0/24' } as const
    return planSubnets({}, [wish], [], { blocks })[0]?.overlaps ?? []
  }
  expect(JSON.stringify(await overlaps())).toContain('web-2')
  await writeMember(folder, member)
  expect(JSON.stringify(await overlaps())).toContain('web-2')
})

test('a network in a block that it has to give back is told with a command about its project', async () => {
  const leaving = ['10.64.1.0/24']
  const url = 'etcd://192.0.2.1/prod'
  await writeMember(folder, { ...member, leaving, url })
  const { notes } = await readLostBlocks(folder, { isLive: () => false, ownCommand: ofProject })
  const [told = '', ...more] = notes(up('10.64.1.1/24'))
  expect(more).toEqual([])
  expect(told).toContain('`portolan move -p shop web`')
  expect(told).toContain(
    `The next \`portolan cluster join --cluster ${url} --state ${folder}\` gives the block`,
  )
  expect(notes(up('10.64.2.1/24'))).toEqual([])
})

test.each([
  [['10.72.0.0/22:26'], false],
  [['fd00:72::/60:64'], true],
])(
  'a family that the cluster has no pool of any more is told to leave it, with pools %j',
  async (pools, leaves) => {
    await writeMember(folder, member)
    await writeNeighbours(folder, { ...seen, pools })
    const { notes } = await readLostBlocks(folder, { isLive: () => false })
    const [note] = notes(up('10.64.1.1/24'))
    expect(note).toContain('`portolan move web`')
    expect(
      note?.includes('Cluster prod has no IPv4 pool any more, so an IPv4 subnet is picked outside'),
    ).toBe(leaves)
  },
)

test('a host that does not remember to have joined is told to join before it moves a network', async () => {
  await writeNeighbours(folder, seen)
  const { find } = await readLostBlocks(folder, { isLive: () => false })
  const [told, ...more] = find(up('10.64.2.1/24'))
  expect(more).toEqual([])
  expect(told?.remedy.text).toMatch(
    /^First join cluster prod, or get the blocks of this host back\. Then: Move/,
  )
  expect(told?.remedy.commands).toEqual([
    expect.stringMatching(/^portolan cluster join /),
    'portolan move web',
  ])
})

test('a host whose blocks are all in use is told to claim one more before it moves a network', async () => {
  await writeMember(folder, member)
  await writeNeighbours(folder, { ...seen, pools: member.pools })
  const { find } = await readLostBlocks(folder, { isLive: () => false })
  const commands = (...addresses: readonly string[]) => find(addresses.flatMap(up))[0]?.remedy.commands
  expect(commands('10.64.2.1/24')).toEqual(['portolan move web'])
  expect(commands('10.64.2.1/24', '10.64.1.1/25')).toEqual([
    `portolan cluster join --state ${folder} --count 2`,
    'portolan move web',
  ])
})

test('a network in a block of another host is told with a command about its project', async () => {
  await writeMember(folder, member)
  await writeNeighbours(folder, seen)
  const { find } = await readLostBlocks(folder, { isLive: () => false, ownCommand: ofProject })
  expect(find(up('10.64.2.1/24'))).toMatchObject([
    {
      remedy: {
        text: expect.stringContaining('Move the network: `portolan move -p shop web` shows'),
        commands: ['portolan move -p shop web'],
      },
    },
  ])
})

test.each([false, true])(
  'a block that no host is known to have is told to come back, by a program: %s',
  async (isLive) => {
    const lost = [{ block: '10.64.3.0/24', takenBy: null, revision: 0 }]
    await writeMember(folder, { ...member, blocks: [], lost })
    const comesBackWith = async (pools: readonly string[]): Promise<readonly boolean[]> => {
      await writeNeighbours(folder, { ...seen, blocks: [], pools })
      const { find } = await readLostBlocks(folder, { isLive: () => isLive })
      return find(up('10.64.3.1/24')).map(({ remedy }) =>
        remedy.text.startsWith(`\`portolan cluster join --state ${folder}\` gets the block back`),
      )
    }
    expect(await comesBackWith(member.pools)).toEqual([true])
    expect(await comesBackWith(['10.72.0.0/22:26'])).toEqual([false])
  },
)

test('a network in addresses of a cluster that this host has not joined is told as a plan tells it', async () => {
  const found = async (clusterSeen: ClusterNeighbours) =>
    (await readLostBlocks(folder, { isLive: () => false, clusterSeen })).find(up('10.64.9.1/24'))
  const unjoined = { ...seen, host: '', blocks: [], pools: ['10.64.0.0/12:24'] }
  const [conflict] = await found(unjoined)
  expect(conflict).toMatchObject({ kind: 'SubnetOverlap', severity: 'error', project: 'shop' })
  expect(conflict?.remedy.text).toMatch(/^First join cluster prod/)
  expect(conflict?.remedy.commands[0]).toMatch(/^portolan cluster join/)
  // A cluster without pools is most likely a misspelt name.
  expect(await found({ ...unjoined, pools: [], others: [] })).toEqual([])
})

test('a live host names its own calls alone for a network that is to be made again', async () => {
  const [block] = member.blocks
  await writeMember(folder, { ...member, lost: [{ block: '10.64.3.0/24', takenBy: null, revision: 0 }] })
  const lost = await readLostBlocks(folder, { isLive: () => true, wording: liveWording })
  await writeMember(folder, { ...member, leaving: [block?.block ?? ''] })
  const leaving = await readLostBlocks(folder, { isLive: () => true, wording: liveWording })
  const told = [
    ...lost.find(up('10.64.3.1/24')).map(({ remedy }) => remedy.text),
    ...leaving.notes(up('10.64.1.1/24')),
  ]
  expect(told).toHaveLength(2)
  for (const text of told) {
    expect(text).toMatch(/removeNetwork.*ensureNetwork/)
    expect(text).not.toMatch(/docker|podman|CNI/)
  }
})
