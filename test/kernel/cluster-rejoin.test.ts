import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { releaseProject } from '@portolan/core'
import { readHeldBlocks } from '@portolan/host'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { blocksOf, type CommandCluster, silence } from './cluster/command-cluster.ts'
import { commandEtcd } from './cluster/command-etcd.ts'
import { leaseInBlock } from './cluster/lease-in-block.ts'

const { etcd, open, start, close } = commandEtcd('rejoin')

const address = '192.0.2.11'

/** A bridge of network web of project shop in a block, as it stays after the loss of a state directory. */
const addBridge = async (block: string): Promise<() => Promise<unknown>> => {
  const { machine } = etcd()
  await machine.ip(
    'link add br-web type bridge',
    'link set br-web alias "portolan project=shop network=web"',
    `addr add ${block.replace('0/24', '1/24')} dev br-web`,
    'link set br-web up',
  )
  return () => machine.ip('link del br-web')
}

/** As if the host had been off, and another host had reclaimed its blocks. */
const reclaim = async (cluster: CommandCluster, host: string): Promise<void> => {
  await silence(cluster, host)
  await cluster.json('any', 'reclaim', '--member', host, '--grace', '0', '--yes')
}

describeBeside('a host that joins again', ['etcd'], () => {
  beforeAll(async () => {
    await start()
    const { machine } = etcd()
    await machine.ip(
      'link add eth0 type veth peer name eth1',
      `addr add ${address}/24 dev eth0`,
      'link set eth0 up',
      'link set eth1 up',
    )
  })
  afterAll(close)

  test('gets back each free block that contains its networks, before an empty block and whatever --count is', async () => {
    const cluster = await open('10.64.0.0/16:24')
    const [empty = '', usedBlock = '', taken = ''] = blocksOf(await cluster.join('web-1', '--count', '3'))
    await (await leaseInBlock(cluster.state('web-1'), usedBlock)).close()
    await reclaim(cluster, 'web-1')
    const joined = await cluster.json('web-1', 'join')
    expect(joined).toMatchObject({ claimed: [usedBlock], moves: [{ networks: [] }, { networks: [] }] })
    expect(blocksOf(joined)).toEqual([usedBlock])
    // One block comes from the lease, and one from the bridge. None is claimed twice.
    await cluster.json('web-1', 'join', '--count', '3')
    const removeBridge = await addBridge(taken)
    await reclaim(cluster, 'web-1')
    const again = await cluster.json('web-1', 'join', '--count', '1')
    expect(blocksOf(again).toSorted()).toEqual([usedBlock, taken].toSorted())
    expect(again.moves).toMatchObject([{ block: empty, takenBy: null, networks: [] }])
    await removeBridge()
  })

  test('is refused under a new name while the host that it was has its blocks, with the takeover command', async () => {
    const cluster = await open('10.64.0.0/16:24')
    const [block = ''] = blocksOf(await cluster.join('web-1', '--address', address))
    const removeBridge = await addBridge(block)
    const takeover = /portolan cluster join --takeover --member web-1 --cluster \S+ --state \S+/
    // With a name that is not the host's, and without a name.
    for (const words of [[], ['--member', 'vm', '--watch']])
      expect(await cluster.run('lost', 'join', ...words)).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringMatching(
          new RegExp(`host web-1 .*\\(${block}\\).* reached through ${address}.*${takeover.source}`),
        ),
      })
    const status = await cluster.run('lost', 'status')
    expect(status.stderr).toMatch(
      new RegExp(`networks of this host are in blocks of web-1.*${takeover.source}`),
    )
    expect(status.stdout).toMatch(/^web-1 /m)
    expect(status.stdout).not.toMatch(/^vm /m)
    // Another machine has an address of its own.
    await etcd().machine.ip('addr add 192.0.2.12/24 dev eth0')
    expect(await cluster.join('web-2', '--address', '192.0.2.12')).toMatchObject({ host: 'web-2' })
    await silence(cluster, 'web-1')
    expect(await cluster.json('lost', 'join', '--takeover', '--member', 'web-1')).toMatchObject({
      host: 'web-1',
      blocks: [{ block }],
      moves: [],
    })
    await removeBridge()
  })

  test('is refused where its networks are in the block of a host that is off, unless --member gives a name', async () => {
    const cluster = await open('10.64.0.0/16:24')
    const store = cluster.store()
    const [block = ''] = blocksOf(await cluster.join('web-1', '--address', address))
    // The host has another address now.
    await store.commit({ when: [], writes: [{ kind: 'delete', key: 'nodes/web-1' }] })
    await store.close()
    await silence(cluster, 'web-1')
    const removeBridge = await addBridge(block)
    expect(await cluster.run('lost', 'join')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /shop\/web.* in blocks of web-1, .*--takeover --member web-1.*--member NAME/,
      ),
    })
    const { blocks } = await cluster.json('lost', 'join', '--member', 'web-9')
    expect(blocks).not.toMatchObject([{ block }])
    await removeBridge()
  })

  test('is told which host has a part of its lost block, by release and join', async () => {
    const cluster = await open('10.64.0.0/24:25')
    const [block = ''] = blocksOf(await cluster.join('web-1'))
    const leases = await leaseInBlock(cluster.state('web-1'), block)
    await reclaim(cluster, 'web-1')
    await cluster.json('any', 'init', '--force', '--pool', '10.64.0.0/24:26')
    await cluster.join('web-2', '--count', '4')
    expect(await cluster.json('web-1', 'release')).toMatchObject({
      taken: [{ block, takenBy: 'web-2', networks: ['shop/web'] }],
    })
    const { stderr } = await cluster.run('web-1', 'join', '--member', 'web-1')
    expect(stderr).toMatch(`block ${block} no longer belongs to this host: web-2 has it now`)
    await leases.close()
  })

  test('cannot join another cluster while its networks are in a lost block, until release has named them', async () => {
    const [cluster, other] = [await open('10.64.0.0/24:24'), await open('10.80.0.0/20:24')]
    const [block = ''] = blocksOf(await cluster.join('web-1'))
    const leases = await leaseInBlock(cluster.state('web-1'), block)
    await reclaim(cluster, 'web-1')
    await cluster.join('web-2')
    const refusedElsewhere = async () =>
      expect((await cluster.runAs(other.name, 'web-1', 'join', '--member', 'web-1')).stderr).toMatch(
        /this host is web-1 in cluster .*portolan cluster release --cluster/,
      )
    await refusedElsewhere()
    const { exitCode, stderr } = await cluster.run('web-1', 'join')
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('shop/web') })
    await refusedElsewhere()
    expect((await cluster.run('web-1', 'release')).stdout).toContain(
      `Host web-2 has ${block} now, and networks of this host are in it: shop/web.`,
    )
    const message = new RegExp(
      `block ${block} of cluster ${cluster.name} .*this host are in it: shop/web.*move`,
    )
    for (const words of [['join', '--member', 'web-1'], ['status']])
      expect(await cluster.runAs(other.name, 'web-1', ...words)).toMatchObject({
        exitCode: 0,
        stderr: expect.stringMatching(message),
      })
    await leases.transact((state) => releaseProject(state, 'shop'))
    await leases.close()
    expect((await cluster.runAs(other.name, 'web-1', 'status')).stderr).toBe('')
  })

  test('is told by status that no pool contains its block any more, and whether networks use it', async () => {
    const cluster = await open('10.64.0.0/24:24')
    const [block = ''] = blocksOf(await cluster.join('web-1'))
    await cluster.json('any', 'init', '--pool', '10.65.0.0/24:24')
    const unusedBlock = new RegExp(
      `no pool has block ${block} any more, and no network .*cluster join .*gives it back`,
    )
    expect((await cluster.run('web-1', 'status')).stderr).toMatch(unusedBlock)
    const leases = await leaseInBlock(cluster.state('web-1'), block)
    const usedBlock = new RegExp(
      `no pool has block ${block} any more, and networks .*shop/web.*portolan move`,
    )
    expect((await cluster.run('web-1', 'status')).stderr).toMatch(usedBlock)
    expect((await readHeldBlocks(cluster.url, cluster.state('web-1'))).leaving).toEqual([block])
    await leases.close()
  })
})
