import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readHeldBlocks } from '@portolan/host'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { blocksOf, type CommandCluster, silence } from './cluster/command-cluster.ts'
import { commandEtcd } from './cluster/command-etcd.ts'
import { leaseInBlock } from './cluster/lease-in-block.ts'

const { etcd, open, start, close } = commandEtcd('older-copy')

const changeData = async (script: string): Promise<void> => {
  await etcd().kill()
  await etcd().machine.mustRun(['sh', '-c', `cd /run/etcd && ${script}`])
  await etcd().start()
}

/**
 * Two hosts have all blocks when etcd is copied. After that the block of web-1 (the former host) goes to a new host, web-2
 * (the present host).
 */
const moveBlock = async (): Promise<{ readonly cluster: CommandCluster; readonly block: string }> => {
  const cluster = await open('10.64.0.0/23:24')
  const [block = ''] = blocksOf(await cluster.join('web-1', '--address', '192.0.2.11'))
  await cluster.join('web-3', '--address', '192.0.2.13')
  await changeData('rm -rf copy && cp -a data copy')
  await silence(cluster, 'web-1')
  await cluster.json('any', 'reclaim', '--member', 'web-1', '--grace', '0', '--yes')
  expect(blocksOf(await cluster.join('web-2', '--address', '192.0.2.12'))).toEqual([block])
  return { cluster, block }
}

/** Restores the older copy, or the data from before the last restore. */
const restore = (from: 'copy' | 'later'): Promise<void> =>
  changeData(`mv data now && cp -a ${from} data && rm -rf later && mv now later`)

describeBeside('an older copy of etcd, in which a block belongs to its former host', ['etcd'], () => {
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

  test('the former host gives the block back where it has seen the loss, and its present host gets it again', async () => {
    const { cluster, block } = await moveBlock()
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

  test('the present host reports the older copy, although the former host has not seen the loss, and has the block again with the later data', async () => {
    const { cluster, block } = await moveBlock()
    const leases = await leaseInBlock(cluster.state('web-2'), block)
    await restore('copy')
    expect(await cluster.json('web-1', 'join')).toMatchObject({ blocks: [{ block }] })
    const older = new RegExp(`older copy of its data.*${block} .*host web-1.*cluster join`)
    const status = await cluster.run('web-2', 'status')
    expect(status).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(older) })
    expect(status.stderr).toMatch(/Networks of this host are in it: shop\/web/)
    const storedBlocks = async () => (await readHeldBlocks(cluster.url, cluster.state('web-2'))).blocks
    expect(await storedBlocks()).toEqual([])
    await restore('later')
    expect(await cluster.run('web-2', 'status')).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await storedBlocks()).toEqual([block])
    await restore('later')
    expect((await cluster.run('web-2', 'join')).stderr).toMatch(older)
    await leases.close()
  })

  test('a host whose takeover is newer than the copy is told to take over first, and then keeps all its blocks', async () => {
    const cluster = await open('10.64.0.0/20:24')
    const joinAsFirst = ['join', '--member', 'web-1', '--address', '192.0.2.11'] as const
    const own = blocksOf(await cluster.json('lost', ...joinAsFirst, '--count', '2'))
    await changeData('rm -rf copy && cp -a data copy')
    await silence(cluster, 'web-1')
    expect(blocksOf(await cluster.json('web-1', ...joinAsFirst, '--takeover'))).toEqual(own)
    const leases = await leaseInBlock(cluster.state('web-1'), own[0] ?? '')
    await restore('copy')
    const takeover = `portolan cluster join --takeover --cluster ${cluster.url} --state ${cluster.state('web-1')}`
    const message = new RegExp(
      `\`${takeover}\` gets its blocks back[^]*\`portolan cluster release --force .*--member NAME`,
    )
    for (const verb of ['status', 'join', 'release', 'status']) {
      const { exitCode, stderr } = await cluster.run('web-1', verb)
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(message) })
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

  test('a host that has changed its name since the copy is told how to free the block of its former name', async () => {
    const cluster = await open('10.64.0.0/20:24')
    const [block = ''] = blocksOf(await cluster.join('web-1', '--address', '192.0.2.11'))
    await changeData('rm -rf copy && cp -a data copy')
    await silence(cluster, 'web-1')
    await cluster.json('other', 'join', '--member', 'web-1', '--takeover', '--address', '192.0.2.12')
    await cluster.json('web-1', 'release', '--force')
    await cluster.json('web-1', 'join', '--member', 'web-5', '--address', '192.0.2.11')
    await restore('copy')
    const reclaim = `portolan cluster reclaim --member web-1 --cluster ${cluster.url}`
    const message = new RegExp(
      `${block} of cluster .* belongs to web-1, the name of this host before it became web-5.*${reclaim}`,
    )
    expect((await cluster.run('web-1', 'join')).stderr).toMatch(message)
    expect((await cluster.run('web-1', 'status')).stderr).toMatch(message)
    await silence(cluster, 'web-1')
    await cluster.json('web-1', 'reclaim', '--member', 'web-1', '--grace', '0', '--yes')
    expect((await cluster.run('web-1', 'status')).stderr).not.toMatch(message)
    expect(blocksOf(await cluster.json('other', 'join'))).toContain(block)
  })

  test.each(['takes the block', 'gives the block up'] as const)(
    'a third host never claims the block, however often it joins, where the former host %s',
    async (what) => {
      const { cluster, block } = await moveBlock()
      await cluster.run('web-3', 'status')
      expect(blocksOf(await cluster.json('web-3', 'join'))).not.toContain(block)
      await restore('copy')
      const kept = new RegExp(`knows nothing of ${block} of web-2 since.*claims none`)
      expect(await cluster.run('web-3', 'join')).toMatchObject({
        exitCode: 0,
        stderr: expect.stringMatching(kept),
      })
      if (what === 'gives the block up') await cluster.json('web-1', 'release', '--force')
      for (const _turn of [1, 2])
        expect(await cluster.run('web-3', 'join', '--count', '2')).toMatchObject({
          exitCode: 1,
          stderr: expect.stringMatching(
            what === 'takes the block' ? kept : new RegExp(`block ${block} was not claimed: .*web-2 had it`),
          ),
        })
      expect((await cluster.run('web-3', 'status')).stderr).toMatch(kept)
      if (what === 'takes the block') return
      expect(blocksOf(await cluster.json('web-2', 'join'))).toEqual([block])
      expect((await cluster.run('web-3', 'status')).stderr).toBe('')
    },
  )

  test.each(['takes the block', 'gives the block up'] as const)(
    'the printed reclaim command frees the block of a host that is off for good, where the former host %s',
    async (what) => {
      const { cluster, block } = await moveBlock()
      await cluster.json('web-3', 'join')
      await restore('copy')
      const { stderr } = await cluster.run('web-3', 'join')
      const [, line = ''] =
        /off for good, free its blocks here: `portolan cluster ([^`]*)`/.exec(stderr) ?? []
      expect(line).toMatch(/^reclaim --member web-2 --cluster /)
      if (what === 'gives the block up') await cluster.json('web-1', 'release', '--force')
      const other = ['reclaim', '--all', '--grace', '0', '--yes'] as const
      if (what === 'gives the block up')
        expect(await cluster.json('web-3', ...other)).toMatchObject({ reclaimed: [] })
      // The command asks, and waits for the host to come back.
      expect(await cluster.run('web-3', 'reclaim', '--member', 'web-2')).toMatchObject({ exitCode: 1 })
      const words = [...line.split(' ').slice(0, 3), '--grace', '0', '--yes']
      const freed = await cluster.json('web-3', ...words)
      expect(freed).toMatchObject(
        what === 'takes the block'
          ? { reclaimed: [], forgotten: [{ block, host: 'web-2', takenBy: 'web-1' }] }
          : { reclaimed: [{ block, host: 'web-2' }], forgotten: [] },
      )
      expect(await cluster.run('web-3', 'status')).toMatchObject({ exitCode: 0, stderr: '' })
      expect((await cluster.run('web-3', ...words)).stderr).toMatch(
        /no host web-2 has blocks in this cluster/,
      )
      if (what === 'gives the block up')
        expect(blocksOf(await cluster.json('web-3', 'join', '--count', '2'))).toContain(block)
    },
  )

  test('the present host has its block again once etcd has the later data', async () => {
    const { cluster, block } = await moveBlock()
    const leases = await leaseInBlock(cluster.state('web-2'), block)
    await restore('copy')
    expect(await cluster.run('web-2', 'join')).toMatchObject({ exitCode: 1 })
    const storedBlocks = async () => (await readHeldBlocks(cluster.url, cluster.state('web-2'))).blocks
    expect(await storedBlocks()).toEqual([])
    await restore('later')
    expect((await cluster.run('web-2', 'status')).stderr).toBe('')
    expect(await storedBlocks()).toEqual([block])
    await leases.close()
  })
})
