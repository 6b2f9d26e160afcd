import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readHeldBlocks } from '@portolan/host'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { blocksOf, type CommandCluster, silence } from './cluster/command-cluster.ts'
import { commandEtcd } from './cluster/command-etcd.ts'
import { leaseInBlock } from './cluster/lease-in-block.ts'

const { etcd, open, start, close } = commandEtcd('older-copy')

const withData = async (script: string): Promise<void> => {
  await etcd().kill()
  await etcd().machine.mustRun(['sh', '-c', `cd /run/etcd && ${script}`])
  await etcd().start()
}

/** Two hosts have all blocks when etcd is copied. After that the block of web-1 goes to a new host, web-2. */
const changedHands = async (): Promise<{ readonly cluster: CommandCluster; readonly block: string }> => {
  const cluster = await open('10.64.0.0/23:24')
  const [block = ''] = blocksOf(await cluster.join('web-1', '--address', '192.0.2.11'))
  await cluster.join('web-3', '--address', '192.0.2.13')
  await withData('rm -rf copy && cp -a data copy')
  await silence(cluster, 'web-1')
  await cluster.json('any', 'reclaim', '--member', 'web-1', '--grace', '0', '--yes')
  expect(blocksOf(await cluster.join('web-2', '--address', '192.0.2.12'))).toEqual([block])
  return { cluster, block }
}

/** Restores the older copy, or the data from before the last restore. */
const restore = (from: 'copy' | 'later'): Promise<void> =>
  withData(`mv data now && cp -a ${from} data && rm -rf later && mv now later`)

describeBeside('an older copy of etcd, in which a block is of the host that had it before', ['etcd'], () => {
  beforeAll(async () => {
    await start()
    const { machine } = etcd()
    await machine.ip(
      'link add eth0 type veth peer name eth1',
      ...[11, 12, 13].map((last) => `addr add 192.0.2.${last}/24 dev eth0`),
      'link set eth0 up',
      'link set eth1 up',
    )
  })
  afterAll(close)

  test('has that host give the block back where it has seen the loss, and the other one gets it again', async () => {
    const { cluster, block } = await changedHands()
    // The host sees what happened to its block, and stores that.
    await cluster.run('web-1', 'status')
    await restore('copy')
    expect(await cluster.run('web-1', 'status')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/older copy of its data/),
    })
    const refused = await cluster.run('web-1', 'join')
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        new RegExp(`block ${block} .*web-2 had it.*older copy.*given back.*cluster join.* on web-2`),
      ),
    })
    await cluster.json('web-3', 'release')
    const joined = await cluster.json('web-1', 'join')
    expect(blocksOf(joined)).not.toContain(block)
    expect(joined.blocks).toHaveLength(1)
    expect(await cluster.json('web-2', 'join')).toMatchObject({ blocks: [{ block }], moves: [] })
    expect((await cluster.run('web-1', 'status')).stderr).toBe('')
  })

  test('is told to the host that had the block last, though the one before knows nothing of it', async () => {
    const { cluster, block } = await changedHands()
    const leases = await leaseInBlock(cluster.state('web-2'), block)
    await restore('copy')
    expect(await cluster.json('web-1', 'join')).toMatchObject({ blocks: [{ block }] })
    const older = new RegExp(`older copy of its data.*${block} .*host web-1.*cluster join`)
    const status = await cluster.run('web-2', 'status')
    expect(status).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(older) })
    expect(status.stderr).toMatch(/Networks of this host are in it: shop\/web/)
    const held = async () => (await readHeldBlocks(cluster.url, cluster.state('web-2'))).blocks
    expect(await held()).toEqual([])
    await restore('later')
    expect(await cluster.run('web-2', 'status')).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await held()).toEqual([block])
    await restore('later')
    expect((await cluster.run('web-2', 'join')).stderr).toMatch(older)
    await leases.close()
  })

  test('is told with a takeover first where it is from before this host took its own blocks over, and that keeps all', async () => {
    const cluster = await open('10.64.0.0/20:24')
    const first = ['join', '--member', 'web-1', '--address', '192.0.2.11'] as const
    const own = blocksOf(await cluster.json('lost', ...first, '--count', '2'))
    await withData('rm -rf copy && cp -a data copy')
    await silence(cluster, 'web-1')
    expect(blocksOf(await cluster.json('web-1', ...first, '--takeover'))).toEqual(own)
    const leases = await leaseInBlock(cluster.state('web-1'), own[0] ?? '')
    await restore('copy')
    const takeover = `portolan cluster join --takeover --cluster ${cluster.url} --state ${cluster.state('web-1')}`
    const told = new RegExp(
      `\`${takeover}\` gets its blocks back[^]*\`portolan cluster release --force .*--member NAME`,
    )
    for (const verb of ['status', 'join', 'release', 'status']) {
      const { exitCode, stderr } = await cluster.run('web-1', verb)
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(told) })
      expect(stderr.indexOf('cluster release --force')).toBeGreaterThan(stderr.indexOf(takeover))
    }
    await silence(cluster, 'web-1')
    const words = takeover.split(' ').slice(2, -4)
    expect(await cluster.json('web-1', ...words)).toMatchObject({
      blocks: own.map((block) => ({ block })),
      moves: [],
    })
    expect(await cluster.run('web-1', 'status')).toMatchObject({ exitCode: 0, stderr: '' })
    await leases.close()
  })

  test('is told with what frees a block that it has for this host by a name that it gave up', async () => {
    const cluster = await open('10.64.0.0/20:24')
    const [block = ''] = blocksOf(await cluster.join('web-1', '--address', '192.0.2.11'))
    await withData('rm -rf copy && cp -a data copy')
    await silence(cluster, 'web-1')
    await cluster.json('other', 'join', '--member', 'web-1', '--takeover', '--address', '192.0.2.12')
    await cluster.json('web-1', 'release', '--force')
    await cluster.json('web-1', 'join', '--member', 'web-5', '--address', '192.0.2.11')
    await restore('copy')
    const reclaim = `portolan cluster reclaim --member web-1 --cluster ${cluster.url}`
    const told = new RegExp(
      `${block} of cluster .* belongs to web-1, the name of this host before it became web-5.*${reclaim}`,
    )
    expect((await cluster.run('web-1', 'join')).stderr).toMatch(told)
    expect((await cluster.run('web-1', 'status')).stderr).toMatch(told)
    await silence(cluster, 'web-1')
    await cluster.json('web-1', 'reclaim', '--member', 'web-1', '--grace', '0', '--yes')
    expect((await cluster.run('web-1', 'status')).stderr).not.toMatch(told)
    expect(blocksOf(await cluster.json('other', 'join'))).toContain(block)
  })

  test.each(['takes', 'gives up'] as const)(
    'keeps that block from a third host, whatever it runs how often, where the host before %s what it had',
    async (what) => {
      const { cluster, block } = await changedHands()
      await cluster.run('web-3', 'status')
      expect(blocksOf(await cluster.json('web-3', 'join'))).not.toContain(block)
      await restore('copy')
      const kept = new RegExp(`knows nothing of ${block} of web-2 since.*claims none`)
      expect(await cluster.run('web-3', 'join')).toMatchObject({
        exitCode: 0,
        stderr: expect.stringMatching(kept),
      })
      if (what === 'gives up') await cluster.json('web-1', 'release', '--force')
      for (const _turn of [1, 2])
        expect(await cluster.run('web-3', 'join', '--count', '2')).toMatchObject({
          exitCode: 1,
          stderr: expect.stringMatching(
            what === 'takes' ? kept : new RegExp(`block ${block} was not claimed: .*web-2 had it`),
          ),
        })
      expect((await cluster.run('web-3', 'status')).stderr).toMatch(kept)
      if (what === 'takes') return
      expect(blocksOf(await cluster.json('web-2', 'join'))).toEqual([block])
      expect((await cluster.run('web-3', 'status')).stderr).toBe('')
    },
  )

  test.each(['takes', 'gives up'] as const)(
    'lets go of a host that is off for good by the command that is printed, where the host before %s what it had',
    async (what) => {
      const { cluster, block } = await changedHands()
      await cluster.json('web-3', 'join')
      await restore('copy')
      const { stderr } = await cluster.run('web-3', 'join')
      const [, line = ''] =
        /off for good, free its blocks here: `portolan cluster ([^`]*)`/.exec(stderr) ?? []
      expect(line).toMatch(/^reclaim --member web-2 --cluster /)
      if (what === 'gives up') await cluster.json('web-1', 'release', '--force')
      const other = ['reclaim', '--all', '--grace', '0', '--yes'] as const
      if (what === 'gives up') expect(await cluster.json('web-3', ...other)).toMatchObject({ reclaimed: [] })
      // The command asks, and waits for the host to come back.
      expect(await cluster.run('web-3', 'reclaim', '--member', 'web-2')).toMatchObject({ exitCode: 1 })
      const words = [...line.split(' ').slice(0, 3), '--grace', '0', '--yes']
      const freed = await cluster.json('web-3', ...words)
      expect(freed).toMatchObject(
        what === 'takes'
          ? { reclaimed: [], forgotten: [{ block, host: 'web-2', takenBy: 'web-1' }] }
          : { reclaimed: [{ block, host: 'web-2' }], forgotten: [] },
      )
      expect(await cluster.run('web-3', 'status')).toMatchObject({ exitCode: 0, stderr: '' })
      expect((await cluster.run('web-3', ...words)).stderr).toMatch(
        /no host web-2 has blocks in this cluster/,
      )
      if (what === 'gives up')
        expect(blocksOf(await cluster.json('web-3', 'join', '--count', '2'))).toContain(block)
    },
  )

  test('gives the host that had the block last what a later copy says is its', async () => {
    const { cluster, block } = await changedHands()
    const leases = await leaseInBlock(cluster.state('web-2'), block)
    await restore('copy')
    expect(await cluster.run('web-2', 'join')).toMatchObject({ exitCode: 1 })
    const held = async () => (await readHeldBlocks(cluster.url, cluster.state('web-2'))).blocks
    expect(await held()).toEqual([])
    await restore('later')
    expect((await cluster.run('web-2', 'status')).stderr).toBe('')
    expect(await held()).toEqual([block])
    await leases.close()
  })
})
