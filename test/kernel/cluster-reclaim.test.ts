import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import type { Running } from '../lab/run.ts'
import { until } from '../lab/until.ts'
import { blocksOf, type CommandCluster, memoryIn, silence } from './cluster/command-cluster.ts'
import { commandEtcd } from './cluster/command-etcd.ts'
import { leaseInBlock } from './cluster/lease-in-block.ts'

const { etcd, open, start, close } = commandEtcd('reclaim')

const changeData = async (script: string): Promise<void> => {
  await etcd().kill()
  await etcd().machine.mustRun(['sh', '-c', `cd /run/etcd && ${script}`])
  await etcd().start()
}

const reclaimWords = (host: string, grace = 0): readonly string[] => [
  ...['reclaim', '--member', host],
  ...['--grace', String(grace), '--yes'],
]

/** etcd has a copy from before web-2 joined, but web-3 remembers web-2. */
const forgetHost = async (): Promise<{ readonly cluster: CommandCluster; readonly block: string }> => {
  const cluster = await open('10.64.0.0/22:24')
  await cluster.join('web-3', '--address', '192.0.2.13')
  await changeData('rm -rf copy && cp -a data copy')
  const [block = ''] = blocksOf(await cluster.join('web-2', '--address', '192.0.2.12'))
  await cluster.json('web-3', 'join')
  await changeData('rm -rf data && mv copy data')
  expect((await cluster.run('web-3', 'join')).stderr).toMatch(/knows nothing of .* of web-2/)
  return { cluster, block }
}

/** The shortest wait of a reclaim. The test stops it as soon as it says that it waits. */
const graceSeconds = 20

/**
 * Does work while a reclaim has read the cluster and waits. The reclaim continues after the work, however long it took.
 */
const meanwhile = async (reclaims: readonly Running[], work: () => Promise<unknown>): Promise<void> => {
  for (const one of reclaims) {
    await until('the advice of reclaim', () => one.printed().includes('Reclaim only'), { beside: one })
    await one.stop()
  }
  await work()
  for (const one of reclaims) one.kill('SIGCONT')
}

const keyOf = (block: string): string => {
  const digits = block
    .replace(/\/\d+$/, '')
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
  return `blocks/ip/${digits.join('')}-24`
}

describeBeside('portolan cluster reclaim', ['etcd'], () => {
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

  test('a host that etcd had forgotten and that comes back during the grace period keeps its block', async () => {
    const { cluster, block } = await forgetHost()
    const shown = cluster.begin('web-3', ...reclaimWords('web-2', graceSeconds))
    const listed = cluster.begin('web-3', ...reclaimWords('web-2', graceSeconds), '--json')
    await meanwhile([shown, listed], () => cluster.json('web-2', 'join'))
    expect(await shown.outcome).toMatchObject({
      exitCode: 0,
      stdout: `${block} left to web-2: it came back, and is alive now\nNo block was taken.\n`,
    })
    expect(fromJson((await listed.outcome).stdout)).toMatchObject({
      reclaimed: [],
      forgotten: [],
      kept: [{ host: 'web-2', blocks: [block], alive: true }],
    })
  })

  test('a block that another reclaim takes during the grace period is reported as gone', async () => {
    const cluster = await open('10.64.0.0/22:24')
    const [block = ''] = blocksOf(await cluster.join('web-1'))
    await silence(cluster, 'web-1')
    const reclaim = cluster.begin('any', ...reclaimWords('web-1', graceSeconds))
    await meanwhile([reclaim], () => cluster.json('any', ...reclaimWords('web-1')))
    expect((await reclaim.outcome).stdout).toBe(
      `${block} no longer belongs to web-1: it was given back or reclaimed meanwhile\nNo block was taken.\n`,
    )
  })

  test('a host whose block was reclaimed keeps its name: after release it joins by the printed command', async () => {
    const cluster = await open('10.64.0.0/22:24')
    const [block = ''] = blocksOf(await cluster.join('web-1'))
    const leases = await leaseInBlock(cluster.state('web-1'), block)
    await silence(cluster, 'web-1')
    await cluster.json('any', ...reclaimWords('web-1'))
    const { stdout } = await cluster.run('web-1', 'release')
    const [, line = ''] =
      /Next, `portolan cluster ([^`]*)` gives this host its name and a block/.exec(stdout) ?? []
    const joined = await cluster.json('web-1', ...line.split(' ').slice(0, 3))
    expect(joined).toMatchObject({ host: 'web-1', blocks: [{ block }], moves: [] })
    await leases.close()
  })

  test('a block with a damaged key is left to its host, with the command that deletes the key', async () => {
    const { cluster, block } = await forgetHost()
    const store = cluster.store()
    const put = { kind: 'put' as const, key: keyOf(block), value: '{"host', lease: null }
    await store.commit({ when: [], writes: [put] })
    const key = `/portolan/v1/${cluster.name}/${keyOf(block)}`
    const message = new RegExp(`key ${key} .* cannot read.*\`etcdctl del ${key}\``)
    expect((await cluster.run('web-3', ...reclaimWords('web-2'))).stdout).toMatch(
      new RegExp(`^${block} left to web-2: .*${message.source}.*\nNo block was taken.\n$`),
    )
    expect((await cluster.run('web-3', 'status')).stderr).toMatch(message)
    const short = await cluster.run('web-3', 'join', '--count', '4')
    expect(short.stderr).toMatch(message)
    expect(short.stderr).toContain(`hosts hold 3 of this family, and the key of ${block} cannot be read`)
    const own = await cluster.run('web-2', 'join')
    expect(own.stderr).toContain(
      `it is not known whether block ${block} still belongs to this host: its key in etcd cannot be read.`,
    )
    expect(own.stderr).not.toContain('no host has it now')
    await etcd().machine.mustRun(['etcdctl', '--endpoints', etcd().inside, 'del', key])
    expect(await cluster.json('web-3', ...reclaimWords('web-2'))).toMatchObject({
      reclaimed: [{ block, host: 'web-2' }],
    })
    await store.close()
  })

  test('a block that no pool contains, and that this host had before the forgotten host, is forgotten by one reclaim', async () => {
    const cluster = await open('10.64.0.0/24:24')
    const [block = ''] = blocksOf(await cluster.join('web-1', '--address', '192.0.2.11'))
    await changeData('rm -rf copy && cp -a data copy')
    await cluster.json('web-1', 'release')
    await cluster.join('web-3', '--address', '192.0.2.13')
    const leases = await leaseInBlock(cluster.state('web-3'), block)
    await silence(cluster, 'web-3')
    await cluster.json('any', ...reclaimWords('web-3'))
    await cluster.join('web-2', '--address', '192.0.2.12')
    expect((await cluster.run('web-3', 'join')).stderr).toMatch(/web-2 has it now/)
    await changeData('rm -rf data && mv copy data')
    await silence(cluster, 'web-1')
    await cluster.json('any', ...reclaimWords('web-1'))
    await cluster.json('any', 'init', '--pool', '10.65.0.0/24:24', '--force')
    expect((await cluster.run('web-3', 'join')).stderr).toMatch(/knows nothing of .* of web-2/)
    expect(await cluster.json('web-3', ...reclaimWords('web-2'))).toMatchObject({
      forgotten: [{ block, host: 'web-2', takenBy: null }],
    })
    expect(await cluster.run('web-3', ...reclaimWords('web-2'))).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/no host web-2 has blocks in this cluster/),
    })
    expect((await cluster.run('web-3', 'join')).stderr).toMatch(
      new RegExp(`${block} no longer belongs to this host: no host has it now`),
    )
    expect(JSON.stringify(memoryIn(cluster.state('web-3')))).not.toContain('web-2')
    await leases.close()
  })
})
