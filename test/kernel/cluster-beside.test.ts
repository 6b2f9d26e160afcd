import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readHeldBlocks, readMember } from '@portolan/host'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { until } from '../lab/until.ts'
import { take } from './block-store/contract.ts'
import { blocksOf, type CommandCluster, silence } from './cluster/command-cluster.ts'
import { commandEtcd } from './cluster/command-etcd.ts'

const { etcd, open, start, close } = commandEtcd('beside')

const storedBlocks = async (cluster: CommandCluster, host: string): Promise<readonly string[]> =>
  (await readHeldBlocks(`etcd://192.0.2.1/${cluster.name}`, cluster.state(host))).blocks

/** Starts `join --watch` on a host, and waits until it has joined. */
const startWatch = async (cluster: CommandCluster, host: string, ...words: readonly string[]) => {
  const watcher = cluster.start(host, '--watch', ...words)
  await until('stored blocks', async () => (await storedBlocks(cluster, host)).length > 0, {
    beside: watcher,
  })
  return watcher
}

describeBeside('portolan cluster join --watch beside other commands', ['etcd'], () => {
  beforeAll(start)
  afterAll(close)

  test('release, a second watch and another machine with the same name are refused until the watch is killed', async () => {
    const cluster = await open('10.64.0.0/12:24')
    const watcher = await startWatch(cluster, 'web-1')
    const refused = async (host: string, ...words: readonly string[]): Promise<string> => {
      const { exitCode, stderr } = await cluster.run(host, ...words)
      expect(exitCode).toBe(1)
      return stderr
    }
    expect(await refused('web-1', 'release', '--force')).toMatch(
      /join --watch.*\(process \d+\).*claim.*again.*kill \d+.*systemctl stop portolan-cluster/s,
    )
    expect(await refused('web-1', 'join', '--watch')).toMatch(/join --watch.*\(process \d+\)/s)
    expect(await refused('clone', 'join', '--member', 'web-1', '--takeover')).toMatch(
      /stop `portolan cluster join --watch`.*a minute/s,
    )
    // A join that ends is no obstacle, and the watch releases none of its blocks.
    const blocks = blocksOf(await cluster.join('web-1', '--count', '3', '--takeover'))
    expect(blocks).toHaveLength(3)
    watcher.kill('SIGKILL')
    await watcher.outcome
    expect((await cluster.json('web-1', 'release')).released.toSorted()).toEqual(blocks.toSorted())
    expect(await storedBlocks(cluster, 'web-1')).toEqual([])
  })

  test('a watch that loses its state directory ends with the remedy, and with --takeover stores its blocks again', async () => {
    const cluster = await open('10.64.0.0/12:24')
    const loseState = async (host: string): Promise<void> => {
      // The neighbours are stored after the blocks.
      await until('the stored list of neighbours', () =>
        existsSync(join(cluster.state(host), 'cluster-neighbours.json')),
      )
      renameSync(cluster.state(host), `${cluster.state(host)}.lost`)
      // A change in the cluster makes the watch check.
      await cluster.join(`other-of-${host}`)
    }
    const withoutTakeover = await startWatch(cluster, 'web-1')
    await loseState('web-1')
    const { exitCode, stderr } = await withoutTakeover.outcome
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /no longer says that this host is web-1 in cluster .*taken away[\s\S]*its state directory is another[\s\S]*--takeover/,
      ),
    })
    const withTakeover = await startWatch(cluster, 'web-2', '--takeover')
    const before = await storedBlocks(cluster, 'web-2')
    await loseState('web-2')
    await until(
      'blocks in the new directory',
      async () => (await storedBlocks(cluster, 'web-2')).length > 0,
      {
        beside: withTakeover,
      },
    )
    expect(await storedBlocks(cluster, 'web-2')).toEqual(before)
    // The watch holds its lock in the new directory as in the old one.
    expect((await cluster.run('web-2', 'join', '--watch')).stderr).toMatch(/join --watch.*\(process \d+\)/s)
    withTakeover.kill('SIGTERM')
    expect(await withTakeover.outcome).toMatchObject({ exitCode: 0 })
  })

  test('a watch that loses its state directory while etcd loses its data says both, and joins again once the cluster has pools', async () => {
    const cluster = await open('10.64.0.0/12:24')
    const watcher = await startWatch(cluster, 'web-1')
    const before = await storedBlocks(cluster, 'web-1')
    await until(
      'the stored list of neighbours',
      () => existsSync(join(cluster.state('web-1'), 'cluster-neighbours.json')),
      {
        beside: watcher,
      },
    )
    await watcher.stop()
    await etcd().kill()
    renameSync(cluster.state('web-1'), `${cluster.state('web-1')}.lost`)
    await etcd().machine.mustRun(['rm', '-rf', '/run/etcd/data'])
    await etcd().start()
    watcher.kill('SIGCONT')
    // The watch has asked etcd, and found that the host is not in the cluster.
    await until(
      'no part in the cluster',
      async () => (await readMember(cluster.state('web-1')))?.left === true,
      {
        beside: watcher,
        shows: () => readMember(cluster.state('web-1')),
      },
    )
    await cluster.json('any', 'init', '--pool', '10.64.0.0/12:24')
    await until('blocks again', async () => (await storedBlocks(cluster, 'web-1')).length > 0, {
      beside: watcher,
    })
    expect(await storedBlocks(cluster, 'web-1')).toEqual(before)
    watcher.kill('SIGTERM')
    const { exitCode, stderr } = await watcher.outcome
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringMatching(
        /no longer says that this host is web-1[\s\S]*has no pools.*lost its data/,
      ),
    })
    expect(stderr).not.toContain('misspelt')
  })

  test('reclaim never takes blocks from its own host: --member is refused with the command for release, and --all leaves them out', async () => {
    const cluster = await open('10.64.0.0/12:24')
    const own = blocksOf(await cluster.join('web-1'))
    const others = blocksOf(await cluster.join('web-2'))
    await silence(cluster, 'web-1')
    await silence(cluster, 'web-2')
    const options = ['--grace', '0', '--yes'] as const
    const { exitCode, stderr } = await cluster.run('web-1', 'reclaim', '--member', 'web-1', ...options)
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/`portolan cluster release --cluster etcd:\S+ --state \S+`/),
    })
    expect(await cluster.json('web-1', 'reclaim', '--all', ...options)).toMatchObject({
      reclaimed: others.map((block) => ({ block, host: 'web-2' })),
    })
    expect((await cluster.json('web-1', 'status')).hosts.map(blocksOf)).toEqual([own])
  })

  test('a join that gets fewer blocks than --count keeps and stores them, and exits with CLUSTER_EXHAUSTED', async () => {
    const cluster = await open('10.64.0.0/22:24', 'fd00:1234::/61:64')
    const store = cluster.store()
    const { revision } = await store.read()
    const wanted = ['join', '--member', 'web-1', '--count', '9'] as const
    // The next process finds the blocks that a process claimed before it was killed.
    const claimer = cluster.start('web-1', '--count', '9')
    await take(store.watch(revision + 1), 2)
    claimer.kill('SIGKILL')
    await claimer.outcome
    await store.close()
    const { exitCode, stdout } = await cluster.run('web-1', ...wanted, '--json')
    const { error } = JSON.parse(stdout)
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 1, code: 'CLUSTER_EXHAUSTED' })
    expect(error.missing).toEqual([
      { family: 'ip', wanted: 9, held: 4 },
      { family: 'ip6', wanted: 9, held: 8 },
    ])
    expect(error.message).toMatch(
      /lacks 5 of the 9 IPv4 blocks.*cluster init.*lacks 1 of the 9 IPv6 blocks.*keeps the 12 blocks.*remembered/s,
    )
    const blocks = error.blocks.map(({ block }: { block: string }) => block)
    expect(await storedBlocks(cluster, 'web-1')).toEqual(blocks)
    const { hosts, own, lost } = await cluster.json('web-1', 'status')
    expect(hosts.map(blocksOf)).toEqual([blocks])
    expect({ own: own.map(({ block }: { block: string }) => block), lost }).toEqual({ own: blocks, lost: [] })
    const again = await cluster.run('web-1', ...wanted)
    expect(again.stdout).toMatch(/10\.64\.0\.0\/24 held/)
    expect(again.stderr).toMatch(/lacks 5 of the 9 IPv4 blocks.*none of them is new/s)
    expect(await storedBlocks(cluster, 'web-1')).toEqual(blocks)
  })

  test('a watch that gets fewer blocks than --count keeps running, reports that once, and claims the others when the pools grow', async () => {
    const cluster = await open('10.64.0.0/23:24')
    const watcher = await startWatch(cluster, 'web-1', '--count', '3')
    expect(await storedBlocks(cluster, 'web-1')).toHaveLength(2)
    await cluster.json('any', 'init', '--pool', '10.64.0.0/22:24')
    await until('a third block', async () => (await storedBlocks(cluster, 'web-1')).length === 3, {
      beside: watcher,
    })
    watcher.kill('SIGTERM')
    const { exitCode, stderr } = await watcher.outcome
    expect({ exitCode, said: stderr.match(/1 of the 3 IPv4 blocks/g) }).toEqual({
      exitCode: 0,
      said: ['1 of the 3 IPv4 blocks'],
    })
  })
})
