import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { releaseProject } from '@portolan/core'
import { fromJson } from '../from-json.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { blocksOf, type CommandCluster, memoryIn, silence } from './cluster/command-cluster.ts'
import { commandEtcd } from './cluster/command-etcd.ts'
import { leaseInBlock } from './cluster/lease-in-block.ts'

const { open, start, close } = commandEtcd('names')

describeBeside('host names in a cluster', ['etcd'], () => {
  beforeAll(start)
  afterAll(close)

  test('a second machine with the name of a host is refused by join and release, until it joins with --takeover', async () => {
    const cluster = await open('10.64.0.0/12:24')
    const first = await cluster.join('web-1')
    const second = ['join', '--member', 'web-1'] as const
    expect((await cluster.run('clone', ...second)).stderr).toContain('Another machine is alive')
    await silence(cluster, 'web-1')
    expect((await cluster.run('clone', ...second)).stderr).toContain('its state directory is another')
    for (const state of [cluster.state('clone'), cluster.state('none')]) {
      const before = memoryIn(state)
      const { exitCode, stderr } = await cluster.run(
        state === cluster.state('none') ? 'none' : 'clone',
        'release',
      )
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('has not joined') })
      expect(memoryIn(state)).toEqual(before)
    }
    expect(blocksOf(await cluster.json('clone', ...second, '--takeover'))).toEqual(blocksOf(first))
    const takenStatus = await cluster.run('web-1', 'status')
    expect(takenStatus.stdout).toMatch(/^web-1 +yes/m)
    expect(await cluster.json('web-1', 'status')).toMatchObject({ nameTaken: true })
    expect(await cluster.json('clone', 'status')).toMatchObject({ nameTaken: false })
    expect(takenStatus.stderr).toMatch(
      /another machine now has the name web-1 in cluster [\s\S]*--member NAME/,
    )
    expect((await cluster.run('clone', 'status')).stdout).toContain('web-1 (this host)')
  })

  test('a host whose name and blocks were taken over releases them although networks are in them, and joins with another name', async () => {
    const cluster = await open('10.64.0.0/12:24')
    const [block = ''] = blocksOf(await cluster.join('web-1'))
    const leases = await leaseInBlock(cluster.state('web-1'), block)
    await silence(cluster, 'web-1')
    await cluster.json('clone', 'join', '--member', 'web-1', '--takeover')
    const other = ['join', '--member', 'web-2'] as const
    expect((await cluster.run('web-1', ...other)).stderr).toMatch(/remembers blocks there.*cluster release/)
    const releaseAndJoin =
      /`portolan cluster release --cluster .* && portolan cluster join --member NAME --cluster /
    expect((await cluster.run('web-1', 'join')).stderr).toMatch(releaseAndJoin)
    expect((await cluster.run('web-1', 'status')).stderr).toMatch(releaseAndJoin)
    const remembered = join(cluster.state('web-1'), 'cluster.json')
    const text = readFileSync(remembered, 'utf8')
    expect(await cluster.json('web-1', 'release')).toMatchObject({
      released: [],
      taken: [{ block, takenBy: 'web-1', networks: ['shop/web'] }],
    })
    writeFileSync(remembered, text)
    const released = await cluster.run('web-1', 'release')
    expect(released).toMatchObject({ exitCode: 0, stderr: '' })
    expect(released.stdout).toContain('no blocks to give back')
    expect(released.stdout).toMatch(
      `Another machine named web-1 has ${block} now, and networks of this host are in it: shop/web.`,
    )
    expect(released.stdout).toMatch(
      /Next, `portolan cluster join --member NAME --cluster etcd:\S+ --state \S+` gives/,
    )
    const { stdout, stderr } = await cluster.run('web-1', ...other, '--json')
    expect(fromJson(stdout)).toMatchObject({
      host: 'web-2',
      moves: [{ block, takenBy: 'web-1', networks: ['shop/web'] }],
    })
    expect(stderr).toContain('portolan move')
    expect(await cluster.json('clone', 'join')).toMatchObject({ blocks: [{ block }], claimed: [] })
    // The message is repeated while a network is in these blocks, and then ends, although this host has not joined
    // again.
    expect((await cluster.run('web-1', 'status')).stderr).toMatch(
      /are in it: shop\/web\. .* This is told until they have moved/,
    )
    await leases.transact((state) => releaseProject(state, 'shop'))
    await leases.close()
    expect((await cluster.run('web-1', 'status')).stderr).toBe('')
    expect(await cluster.json('web-1', 'status')).toMatchObject({ host: 'web-2', lost: [] })
  })

  /** Ways in which the blocks of web-1 become free, while another machine called web-1 has other blocks. */
  const waysToFree = {
    reclaimed: async (cluster: CommandCluster) => {
      await cluster.json('any', 'reclaim', '--member', 'web-1', '--grace', '0', '--yes')
      return ['join', '--member', 'web-1']
    },
    'reclaimed and forgotten by init --force': async (cluster: CommandCluster) => {
      await cluster.json('any', 'reclaim', '--member', 'web-1', '--grace', '0', '--yes')
      await cluster.json('any', 'init', '--pool', '10.64.0.0/23:25', '--force')
      return ['join', '--member', 'web-1']
    },
    'given back, as no pool has it': async (cluster: CommandCluster) => {
      await cluster.json('any', 'init', '--pool', '10.65.0.0/23:24')
      return ['join', '--member', 'web-1', '--takeover']
    },
  } as const

  test.each(Object.entries(waysToFree))(
    'a host whose name was taken over, and whose block is free (%s), releases it and joins with another name',
    async (how, free) => {
      const cluster = await open('10.64.0.0/23:24')
      const own = blocksOf(await cluster.join('web-1', '--count', '2'))
      await silence(cluster, 'web-1')
      const other = blocksOf(await cluster.json('clone', ...(await free(cluster))))
      const block = own.find((one) => !other.includes(one)) ?? ''
      await (await leaseInBlock(cluster.state('web-1'), block)).close()
      const releaseAndJoin =
        /`portolan cluster release --cluster .* && portolan cluster join --member NAME --cluster /
      for (const verb of ['status', 'join'])
        expect((await cluster.run('web-1', verb)).stderr).toMatch(releaseAndJoin)
      const released = await cluster.run('web-1', 'release')
      expect(released).toMatchObject({ exitCode: 0, stderr: '' })
      expect(released.stdout).toContain(
        `${block} no longer belongs to this host in the cluster, and networks of this host are in it: shop/web.`,
      )
      expect(released.stdout).toMatch(
        /Next, `portolan cluster join --member NAME --cluster etcd:\S+ --state \S+` gives/,
      )
      const joined = await cluster.json('web-1', 'join', '--member', 'web-2')
      // A free block of a pool comes back together with the network inside it.
      expect(joined).toMatchObject(
        how === 'reclaimed'
          ? { blocks: [{ block }], moves: [] }
          : { moves: [{ block, takenBy: null, networks: ['shop/web'] }] },
      )
      expect(joined.blocks).toHaveLength(1)
    },
  )

  test('a refused join stores no name, whether it is the first join or a later one', async () => {
    const cluster = await open('10.64.0.0/12:24')
    await cluster.join('web-1')
    const joinAsFirst = ['join', '--member', 'web-1'] as const
    expect((await cluster.run('late', ...joinAsFirst)).exitCode).toBe(1)
    expect(await cluster.json('late', 'status')).toMatchObject({ host: null, nameTaken: false })
    expect(await cluster.json('late', 'join', '--member', 'web-2')).toMatchObject({ host: 'web-2' })
    expect((await cluster.run('other', ...joinAsFirst)).exitCode).toBe(1)
    expect(await cluster.json('other', 'join')).toMatchObject({ host: hostname() })
    // A misspelt cluster name means a cluster without pools.
    const empty = await open()
    expect((await empty.run('web-1', 'join', '--member', 'misnamed')).exitCode).toBe(1)
    await empty.json('any', 'init', '--pool', '10.65.0.0/16:24')
    expect(await empty.json('web-1', 'join')).toMatchObject({ host: hostname() })
  })

  test('after release a host joins with the name of its machine again', async () => {
    const cluster = await open('10.64.0.0/12:24')
    await cluster.join('web-1')
    const clone = ['join', '--member', 'web-1', '--takeover'] as const
    await silence(cluster, 'web-1')
    await cluster.json('clone', ...clone)
    const { stdout } = await cluster.run('clone', 'release')
    expect(stdout).toMatch(/^Released 10\..*\nThis host is no longer web-1 in cluster /)
    expect(await cluster.json('clone', 'status')).toMatchObject({ host: null, hosts: [] })
    // A refused call does not change that.
    await cluster.join('web-1')
    expect((await cluster.run('clone', 'join', '--member', 'web-1')).exitCode).toBe(1)
    expect(await cluster.json('clone', 'release')).toMatchObject({ released: [] })
    expect(await cluster.json('clone', 'join')).toMatchObject({ host: hostname(), moves: [] })
    // A requested name is kept from then on.
    await cluster.json('clone', 'release')
    await cluster.json('clone', 'join', '--member', 'web-2')
    expect(await cluster.json('clone', 'join')).toMatchObject({ host: 'web-2', claimed: [] })
  })
})
