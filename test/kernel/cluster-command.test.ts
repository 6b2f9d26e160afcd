import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { take } from './block-store/contract.ts'
import { bridgeOn } from './cluster/bridge-on.ts'
import { blocksOf, memoryIn, silence } from './cluster/command-cluster.ts'
import { commandEtcd } from './cluster/command-etcd.ts'
import { lostBlocks } from './cluster/lost-blocks.ts'

const site = commandEtcd('cluster')
const { etcd, open, start, close } = site

describeBeside('portolan cluster', ['etcd'], () => {
  beforeAll(start)
  afterAll(close)

  test('join claims a block in each family, a second join and status show them, and release gives them back', async () => {
    const cluster = await open('10.64.0.0/12:24', 'fd00:1234::/48:64')
    const joined = await cluster.join('web-1')
    expect(joined).toMatchObject({ host: 'web-1', claimed: blocksOf(joined), moves: [] })
    expect(blocksOf(joined)).toEqual([
      expect.stringMatching(/^10\..*\/24$/),
      expect.stringMatching(/^fd00:1234:.*\/64$/),
    ])
    expect(await cluster.json('web-1', 'join')).toMatchObject({ blocks: joined.blocks, claimed: [] })
    expect(await cluster.json('web-1', 'status')).toMatchObject({
      reachable: true,
      hosts: [{ host: 'web-1', alive: true }],
      own: [{ block: blocksOf(joined)[0], remaining: '253' }, {}],
      lost: [],
    })
    expect(await cluster.json('web-1', 'release')).toMatchObject({ released: blocksOf(joined) })
    expect(await cluster.join('web-1')).toMatchObject({ claimed: blocksOf(joined) })
  })

  test('commands for a cluster without pools are refused, because its name may be misspelt', async () => {
    const cluster = await open()
    const shown = await cluster.run('web-1', 'status')
    expect(shown).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /cluster cluster-\d+ has no pools.*--cluster.*portolan cluster init --pool/,
      ),
    })
    expect(shown.stdout).not.toContain('POOL')
    for (const chosen of [['--all'], ['--member', 'web-2']])
      expect(await cluster.run('web-1', 'reclaim', ...chosen, '--yes')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/cluster cluster-\d+ has no pools: that name is misspelt/),
      })
    const joined = await open('10.64.0.0/12:24')
    await joined.join('web-1')
    expect(await joined.runAs('prdo', 'web-1', 'release')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /not joined cluster prdo.* it is web-1 in cluster cluster-\d+\. .*--cluster/,
      ),
    })
    const refused = await cluster.run('web-1', 'join')
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/cluster cluster-\d+ has no pools: that name is misspelt/),
    })
    const { exitCode, stdout } = await cluster.run('web-1', 'status', '--json')
    expect({ exitCode, ...JSON.parse(stdout) }).toMatchObject({ exitCode: 1, reachable: true, pools: [] })
  })

  test('a host is refused in a second cluster, also with another state directory where its routes show the first cluster', async () => {
    const [prod, six] = [await open('10.64.0.0/12:24'), await open('10.90.0.0/16:24')]
    await prod.join('web-1')
    const again = await six.portolan('web-1', 'cluster', 'join', '--cluster', six.url)
    expect(again.exitCode).toBe(0)
    const { machine } = etcd()
    await using _other = await bridgeOn(machine, 'other', '198.51.100.1/24')
    await machine.ip('route add 10.65.2.0/24 via 198.51.100.2 proto 143')
    const refused = await six.run('second', 'join')
    await machine.ip('route del 10.65.2.0/24')
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /is in another cluster than cluster-\d+: .*\(10\.65\.2\.0\/24 via 198\.51\.100\.2\).*one cluster at a time.*`portolan cluster release --cluster URL --state DIR`/,
      ),
    })
    expect(memoryIn(six.state('second'))).toEqual([])
    const other = await prod.portolan('web-1', 'cluster', 'join', '--cluster', six.url)
    expect(other.exitCode).toBe(1)
    expect(other.stderr).toMatch(
      /is web-1 in cluster cluster-\d+ \(etcd:.*`portolan cluster release --cluster etcd:/,
    )
    expect(other.stderr).not.toContain('another directory')
  })

  test('commands that name a cluster which this host has not joined are refused, with the cluster that it is in', async () => {
    const cluster = await open('10.64.0.0/12:24')
    const other = await open('10.64.0.0/16:24')
    await cluster.join('web-1')
    const file = join(dirname(cluster.state('web-1')), 'compose.yaml')
    writeFileSync(file, 'name: shop\nservices: {web: {ports: ["8080:80"]}}\n')
    const misspelt = cluster.url.replace(/cluster-/, 'clutser-')
    const isInCluster = `this host is web-1 in cluster ${cluster.name} \\(${cluster.url}\\), and cluster`
    const remedy = `If ${cluster.name} is meant, name it: --cluster ${cluster.url}`
    for (const words of [['apply', '--yes'], ['conflicts']]) {
      const result = await cluster.portolan('web-1', ...words, '-f', file, '--cluster', misspelt)
      expect(result).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(
          `${isInCluster} clutser-\\d+ is named, which has no pools: .*misspelt. ${remedy}`,
        ),
      })
    }
    for (const words of [['subnet'], ['cluster', 'join'], ['cluster', 'status']]) {
      const { exitCode, stderr } = await cluster.portolan('web-1', ...words, '--cluster', other.url)
      expect(stderr).toMatch(new RegExp(`${isInCluster} ${other.name} is named\\. ${remedy}`))
      expect(stderr).not.toContain('remembers no block')
      expect(exitCode).toBe(words[1] === 'status' ? 0 : 1)
    }
  })

  test('four hosts that join at once get a block each, and a fifth host is told that no block is free and how to add a pool', async () => {
    const cluster = await open('10.64.0.0/22:24')
    const hosts = ['a', 'b', 'c', 'd']
    const joined = await Promise.all(hosts.map((host) => cluster.join(host)))
    expect(new Set(joined.flatMap(blocksOf)).size).toBe(4)
    const { exitCode, stderr } = await cluster.run('i', 'join', '--member', 'i')
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/No block is free in pool 10\.64\.0\.0\/22:24: hosts hold all 4/),
    })
    // The command as printed, on a host without a configuration.
    const [, line = ''] = /`portolan (cluster init [^`]*)`/.exec(stderr) ?? []
    const words = line.replace('NEW', '10.65.0.0/24:24').split(' ')
    expect(await cluster.portolan('i', ...words)).toMatchObject({ exitCode: 0 })
    expect(blocksOf(await cluster.join('i'))).toEqual(['10.65.0.0/24'])
  })

  test('an unusable --address is refused before anything is claimed or stored', async () => {
    const cluster = await open('10.64.0.0/12:24')
    const store = cluster.store()
    const { machine } = etcd()
    await using _lan = await bridgeOn(machine, 'lan0', '192.0.2.11/24', '192.0.2.12/24', '2001:db8::11/64')
    await cluster.join('web-1', '--address', '192.0.2.11')
    const before = await store.read()
    for (const [words, why] of [
      [['192.0.2.99'], /no address 192\.0\.2\.99 /],
      [['2001:db8::11'], /is IPv6, but no pool of this cluster is \(10\.64\.0\.0\/12:24\)/],
      [['192.0.2.11'], /is the address of host web-1, which is alive/],
    ] as const) {
      const addresses = words.flatMap((word) => ['--address', word])
      const { exitCode, stderr } = await cluster.run('web-2', 'join', '--member', 'web-2', ...addresses)
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(why) })
    }
    expect(await store.read()).toEqual(before)
    expect(existsSync(cluster.state('web-2'))).toBe(false)
    // A host's own address is no conflict, and the address of a host that is off may go to another host.
    expect(await cluster.join('web-1', '--address', '192.0.2.11')).toMatchObject({ claimed: [] })
    await silence(cluster, 'web-1')
    const joined = await cluster.join('web-2', '--address', '192.0.2.11')
    expect(joined).toMatchObject({ addresses: { ip: '192.0.2.11' } })
    await store.close()
  })

  test('a join that is stopped after its claim and continued claims one block', async () => {
    const cluster = await open('10.64.0.0/24:28')
    const store = cluster.store()
    const { revision } = await store.read()
    const claimer = cluster.start('web-1')
    // The first change is the host's claim. Whether the host has the answer is open.
    const first = take(store.watch(revision + 1), 1)
    await first
    await claimer.stop()
    await cluster.join('web-2')
    claimer.kill('SIGCONT')
    expect(await claimer.outcome).toMatchObject({ exitCode: 0 })
    const { hosts } = await cluster.json('web-1', 'status')
    expect(
      hosts.map(({ host, blocks }: { host: string; blocks: unknown[] }) => [host, blocks.length]),
    ).toEqual([
      ['web-1', 1],
      ['web-2', 1],
    ])
    await store.close()
  })

  test('a join that is killed after its claim gets the same single block with the next join', async () => {
    const cluster = await open('10.64.0.0/24:28')
    const store = cluster.store()
    const { revision } = await store.read()
    const claimer = cluster.start('a')
    await take(store.watch(revision + 1), 1)
    claimer.kill('SIGKILL')
    await claimer.outcome
    expect(blocksOf(await cluster.join('a'))).toHaveLength(1)
    const { pools } = await cluster.json('a', 'status')
    expect(pools).toMatchObject([{ held: 1 }])
    await store.close()
  })

  test('join --watch keeps the host alive, claims a deleted block again, and ends the presence of the host when it is stopped', async () => {
    const cluster = await open('10.64.0.0/24:28')
    const store = cluster.store()
    const { revision } = await store.read()
    const seen = take(store.watch(revision + 1), 3)
    const first = take(store.watch(revision + 1), 1)
    const watcher = cluster.start('web-1', '--watch')
    const [claim] = await first
    const [block] = claim?.changes.filter(({ key }) => key.startsWith('blocks/')) ?? []
    // As an administrator would do by hand.
    await store.commit({ when: [], writes: [{ kind: 'delete', key: block?.key ?? '' }] })
    const revisions = await seen
    expect(revisions[2]?.changes.map(({ key }) => key)).toContain(block?.key)
    watcher.kill('SIGTERM')
    expect(await watcher.outcome).toMatchObject({ exitCode: 0 })
    expect(await cluster.json('web-1', 'status')).toMatchObject({ hosts: [{ host: 'web-1', alive: false }] })
    await store.close()
  })

  test('join --watch follows changed pools: it releases a block that no pool contains any more, and claims another one', async () => {
    const cluster = await open('10.64.0.0/24:26')
    const store = cluster.store()
    const { revision } = await store.read()
    const first = take(store.watch(revision + 1), 1)
    const watcher = cluster.start('web-1', '--watch')
    const [claim] = await first
    // The pools, the released block, and the claimed ones.
    const next = take(store.watch((claim?.revision ?? 0) + 1), 4)
    await cluster.json('any', 'init', '--pool', '10.65.0.0/24:26')
    await next
    const { hosts } = await cluster.json('web-1', 'status')
    expect(hosts).toMatchObject([
      { host: 'web-1', alive: true, blocks: [{ block: expect.stringMatching(/^10\.65\./) }] },
    ])
    watcher.kill('SIGTERM')
    expect(await watcher.outcome).toMatchObject({ exitCode: 0 })
    await store.close()
  })

  test('commands without --cluster use the cluster that this host joined last, and init is refused without it', async () => {
    const cluster = await open('10.64.0.0/23:24')
    const [block = ''] = blocksOf(await cluster.join('web-1'))
    const verb = (...words: readonly string[]) => cluster.portolan('web-1', 'cluster', ...words)
    const shown = await verb('status')
    expect(shown).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(`${block} +0 +253`) })
    expect(await verb('join')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`${block} held`),
    })
    expect(await verb('reclaim', '--all', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await verb('release')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(block) })
    expect(await verb('join', '--member', 'web-2')).toMatchObject({ exitCode: 0 })
    // Pools belong to all hosts, so the message names the cluster.
    expect(await verb('init', '--pool', '10.65.0.0/16:24')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('nothing says which cluster is meant'),
    })
    for (const word of ['status', 'join'])
      expect(await cluster.portolan('none', 'cluster', word)).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(
          /nothing says which cluster is meant, and the state directory \S+ remembers none/,
        ),
      })
    await etcd().kill()
    try {
      const { exitCode, stdout } = await verb('status')
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: expect.stringMatching(/\/24 +0 +253/) })
    } finally {
      await etcd().start()
    }
  })

  lostBlocks(site)

  test('status prints the free addresses of stored blocks while etcd is down, and join is refused', async () => {
    const cluster = await open('10.64.0.0/12:24')
    await cluster.join('web-1')
    await etcd().kill()
    try {
      const { exitCode, stdout, stderr } = await cluster.run('web-1', 'status')
      expect({ exitCode, stdout }).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/ 0 +253/) })
      expect(stderr).toMatch(/does not answer.*Blocks that this host holds stay its own/)
      expect((await cluster.run('web-1', 'join')).exitCode).toBe(1)
    } finally {
      await etcd().start()
    }
    expect(await cluster.json('web-1', 'join')).toMatchObject({ claimed: [], moves: [] })
  })
})
