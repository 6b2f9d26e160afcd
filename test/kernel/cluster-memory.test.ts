import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { clusterAddress } from '../lab/cluster-site.ts'
import { Disposables } from '../lab/disposables.ts'
import { createMachine } from '../lab/machine.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import type { Running } from '../lab/run.ts'
import { until } from '../lab/until.ts'
import { forgetAlive } from './cluster/forget-alive.ts'
import { flushCommands, loseState, runOn, state } from './cluster/lost-state.ts'
import { settledSite } from './cluster/settled-site.ts'
import { applyOn, backends, type Node } from './cluster/site-node.ts'
import { routesOf, untilRoutes } from './cluster/site-routes.ts'

const disposables = new Disposables()

const { open, close, site, node, nodes } = settledSite()

/** Expects that containers of two hosts reach each other at their own addresses. */
const expectMutualReach = async (one = node(0), other = node(1)): Promise<void> => {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const)
    for (const family of ['address', 'address6'] as const)
      expect(await from.web.reach({ protocol: 'tcp', destination: to[family], port: 81 })).toMatchObject({
        delivered: true,
        source: from[family],
      })
}

const plugin = fileURLToPath(new URL('../../packages/cni/bin/portolan-cni.js', import.meta.url))

/** An ADD for a network outside all blocks, in another project than the one that lost its rules. */
const addPodOn = async ({ host: { machine } }: Node): Promise<void> => {
  const pod = disposables.use(await createMachine(`pod-${machine.name}`))
  const backend = backends[machine.name as keyof typeof backends]
  const config = { cniVersion: '1.1.0', name: 'pods', type: 'portolan-cni', backend, subnet: '10.99.0.0/24' }
  const { exitCode, stdout, stderr } = await machine.run([process.execPath, plugin], {
    input: JSON.stringify(config),
    environment: {
      ...{
        NODE_OPTIONS: '',
        XDG_CONFIG_HOME: '/run/lab/config',
        CNI_COMMAND: 'ADD',
        CNI_PATH: '/opt/cni/bin',
      },
      ...{ CNI_CONTAINERID: pod.name, CNI_NETNS: `/proc/${pod.pid}/ns/net`, CNI_IFNAME: 'eth0' },
    },
  })
  expect({ exitCode, stdout, stderr }).toMatchObject({ exitCode: 0 })
}

describeBeside('a host of a cluster that has lost its state directory or its rules', ['etcd'], () => {
  beforeAll(async () => {
    await open(3)
    await site().client.listen({ protocol: 'tcp', port: 90 })
  })
  afterAll(async () => {
    await disposables.close()
    await close()
  })

  test.each([
    [0, 'nft delete table inet portolan'],
    [1, flushCommands('nft')],
    [2, flushCommands('legacy')],
  ])(
    'a call of the CNI plugin for another project restores lost rules with those for the cluster (host %i)',
    async (index, flush) => {
      const one = node(index)
      const other = node(index === 0 ? 1 : 0)
      await expectMutualReach(one, other)
      await one.host.machine.mustRun(['sh', '-c', flush])
      await addPodOn(one)
      await expectMutualReach(one, other)
      const { client } = site()
      const elsewhere = { protocol: 'tcp', destination: clusterAddress(9), port: 90 } as const
      expect(await one.web.reach(elsewhere)).toMatchObject({ source: clusterAddress(11 + index) })
      await client.ip(`route replace ${one.address}/32 via ${clusterAddress(11 + index)}`)
      expect(await client.probe({ protocol: 'tcp', destination: one.address, port: 81 })).toMatchObject({
        delivered: false,
      })
      // Its own project has only one change left: the published port, which no bridge stores.
      await applyOn(one.host, one.file, '--cluster', site().url)
    },
  )

  test.each([0, 1])(
    'plan, script and apply keep routes and rules where etcd shows which host it is (host %i)',
    async (index) => {
      await expectMutualReach()
      const one = node(index)
      const cluster = ['--cluster', site().url] as const
      await loseState(one)
      const routes = await routesOf(one.host)
      expect(routes).toHaveLength(4)
      // Before and after a refused join. The refused join stores that it was tried.
      for (const isTried of [false, true]) {
        if (isTried)
          expect(
            await one.host.portolan('cluster', 'join', '--member', one.host.machine.name, ...cluster),
          ).toMatchObject({ exitCode: 1 })
        const planned = await runOn(one, 'plan', ...cluster, '--json')
        expect(planned.stderr).toMatch(/remembers no block of cluster lab.*join --takeover/)
        const { changes } = JSON.parse(planned.stdout)
        expect(
          changes.filter(({ object }: { object: string }) => !/^lease|^subnet|^address/.test(object)),
        ).toEqual([])
        const script = await runOn(one, 'script', ...cluster, '--format', 'sh')
        expect(script.stdout).not.toBe('')
        await one.host.machine.mustRun(['sh', await one.host.write('kept.sh', script.stdout)])
        expect(await routesOf(one.host)).toEqual(routes)
      }
      await applyOn(one.host, one.file, ...cluster)
      expect(await routesOf(one.host)).toEqual(routes)
      await expectMutualReach()
    },
  )

  test('a watch keeps the routes after the loss as a plan does, and status says for which host', async () => {
    const one = node(2)
    const { host } = one
    const cluster = ['--cluster', site().url] as const
    const routes = await routesOf(host)
    expect(routes).toHaveLength(4)
    const repairs = async (by: Running): Promise<void> => {
      await host.machine.ip(`route del ${routes[0]}`)
      await untilRoutes(host, `${routes}`, (now) => now.join() === routes.join(), by)
    }
    const watch = (): Running =>
      host.start('watch', '-f', one.file, '--backend', backends.h3, ...cluster, '--json')
    const stop = async (watching: Running): Promise<string> => {
      watching.kill('SIGTERM')
      return (await watching.outcome).stdout
    }
    const watchBeforeLoss = watch()
    await repairs(watchBeforeLoss)
    await loseState(one)
    expect(await host.portolan('cluster', 'join', '--member', 'h3', ...cluster)).toMatchObject({
      exitCode: 1,
    })
    expect(await host.portolan('cluster', 'release', ...cluster)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('has not joined cluster lab'),
    })
    await repairs(watchBeforeLoss)
    expect(await stop(watchBeforeLoss)).not.toMatch(/masquerade|exempt/i)

    await host.machine.mustRun(['mkdir', '-p', '/run/lab/.config/portolan'])
    const config = await host.write('.config/portolan/config.yaml', `cluster: ${site().url}\n`)
    const status = await host.portolan('status', '--json')
    expect(status.stderr).toMatch(/planned as for h3[\s\S]*join --takeover/)
    expect(fromJson<{ readonly unread: unknown }>(status.stdout).unread).toEqual([])
    const planned = JSON.parse(await host.must('status', '-f', one.file, '--json'))
    expect(planned.unread).toEqual([])
    await host.machine.mustRun(['rm', config])

    // A watch that begins while etcd does not answer cuts the containers of other hosts off. They are reached again
    // once etcd answers.
    await host.machine.mustRun(['rm', `${state}/cluster-neighbours.json`])
    await host.machine.ip(`route add unreachable ${clusterAddress(1)}`)
    const cutOffWatch = watch()
    const arrives = async (): Promise<boolean> =>
      (await node(0).web.probe({ protocol: 'tcp', destination: one.address, port: 81 })).delivered
    await until('containers that are cut off', async () => !(await arrives()), { beside: cutOffWatch })
    await host.machine.ip(`route del unreachable ${clusterAddress(1)}`)
    await until('containers of other hosts', arrives, { beside: cutOffWatch })
    await stop(cutOffWatch)
    await expectMutualReach(node(0), one)
    expect(await routesOf(host)).toEqual(routes)
  })

  test.each([
    [0, 'reads its text again'],
    [1, 'leases again by itself'],
    [2, 'reads its text again'],
  ])(
    'traffic between hosts stays as it is after the loss while a watch of host %i %s',
    async (index, what) => {
      const one = node(index)
      const { host } = one
      const routes = await routesOf(host)
      const planBefore = JSON.parse((await runOn(one, 'plan', '--json')).stdout)
      const backend = backends[host.machine.name as keyof typeof backends]
      const repairs = async (): Promise<void> => {
        await host.machine.ip(`route del ${routes[0]}`)
        await untilRoutes(host, `${routes}`, (now) => now.join() === routes.join())
      }
      const words = ['-f', one.file, '--backend', backend, '--cluster', site().url, '--json']
      const watching = host.start('watch', ...words)
      await repairs()
      await loseState(one)
      const isRead = what === 'reads its text again'
      if (isRead) watching.kill('SIGHUP')
      else await repairs()
      await until(
        'the leases',
        async () => (await host.machine.run(['test', '-s', `${state}/leases.mdb`])).exitCode === 0,
        { beside: watching },
      )
      const remembersNone = /remembers no block of cluster lab[\s\S]*join --takeover/
      // A check of the earlier text may have been running, and may have stored the leases.
      if (isRead)
        await until('what it says of its blocks', () => remembersNone.test(watching.printed()), {
          beside: watching,
        })
      await repairs()
      watching.kill('SIGTERM')
      const { stdout, stderr } = await watching.outcome
      expect(stdout).not.toMatch(/masquerade|exempt|SNAT/i)
      if (isRead) expect(stderr).toMatch(remembersNone)
      const { addresses, changes } = JSON.parse((await runOn(one, 'plan', '--json')).stdout)
      expect({ addresses, changes }).toEqual({ addresses: planBefore.addresses, changes: [] })
      await expectMutualReach(one, node(index === 0 ? 1 : 0))
      expect(await routesOf(host)).toEqual(routes)
    },
  )

  test('a host gets its blocks back with join --takeover, and a plan has no change then', async () => {
    for (const one of nodes.slice(0, 2)) {
      const { host } = one
      const cluster = ['--cluster', site().url] as const
      // As if nothing had kept the host alive for a minute.
      await forgetAlive(site(), host.machine.name)
      const text = await host.must(
        ...['cluster', 'join', '--takeover', '--member', host.machine.name, ...cluster, '--json'],
      )
      expect(fromJson(text)).toMatchObject({
        collisions: [],
        skipped: [],
        moves: [],
        leaving: [],
        claimed: [],
      })
      const { exitCode, stderr } = await runOn(one, 'plan', ...cluster)
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      expect(await routesOf(host)).toHaveLength(4)
    }
    await expectMutualReach()
  })

  test('without a cluster that can be asked, routes stay and each command says that the other hosts are not known', async () => {
    const one = node(0)
    await loseState(one)
    const routes = await routesOf(one.host)
    const note =
      /remembers no other host of a cluster[\s\S]*cluster join[\s\S]*--takeover[\s\S]*route flush proto 143/
    const planned = await runOn(one, 'plan')
    expect(planned.stdout).toMatch(note)
    expect(planned.stdout).not.toMatch(/^ *[-~] route/m)
    const script = await runOn(one, 'script', '--format', 'sh')
    expect(script.stderr).toMatch(note)
    expect(script.stdout).not.toContain('proto 143')
    const status = JSON.parse(await one.host.must('status', '--json'))
    expect(status.unread).toEqual([expect.stringMatching(note)])
    // The named cluster does not answer.
    await one.host.machine.ip(`route add unreachable ${clusterAddress(1)}`)
    const named = await runOn(one, 'plan', '--cluster', site().url)
    expect(named.stderr).toMatch(/does not answer[\s\S]*remembers nothing of cluster lab/)
    expect(named.stdout).toMatch(note)
    await one.host.machine.ip(`route del unreachable ${clusterAddress(1)}`)
    const watch = await runOn(one, 'watch', '--once', '--check')
    expect(watch.stderr).toMatch(note)
    await applyOn(one.host, one.file)
    expect(await routesOf(one.host)).toEqual(routes)
  })

  test('a host with no block left in the cluster says that its name is not known, and joins with the same name', async () => {
    const [one, two] = [node(0), node(1)]
    const cluster = ['--cluster', site().url] as const
    const { name } = one.host.machine
    await forgetAlive(site(), name)
    const reclaim = ['cluster', 'reclaim', '--member', name, '--grace', '0', '--yes', ...cluster, '--json']
    const { reclaimed } = JSON.parse(await two.host.must(...reclaim))
    const planned = await runOn(one, 'plan', ...cluster)
    expect(planned.stderr).toMatch(/not known which host of cluster [\s\S]*shop\/[\s\S]*cluster join/)
    const { stderr } = await one.host.portolan('cluster', 'status', ...cluster)
    expect(stderr).toMatch(/not known which host of cluster .*shop\/.*cluster join/)
    const joined = await one.host.must('cluster', 'join', '--member', name, ...cluster, '--json')
    const blocks = reclaimed.map(({ block }: { readonly block: string }) => block)
    expect(JSON.parse(joined).claimed.toSorted()).toEqual(blocks.toSorted())
    expect((await runOn(one, 'plan', ...cluster)).stderr).toBe('')
  })

  test('destroy of the last project removes the routes, and so does a plan after release', async () => {
    const [one, two] = [node(0), node(1)]
    await one.host.must('destroy', '--all', '--yes')
    expect(await routesOf(one.host)).toEqual([])
    await two.host.must('cluster', 'release', '--force', '--cluster', site().url)
    const { stdout, stderr } = await runOn(two, 'plan', '--cluster', site().url, '--json')
    expect(stderr).not.toContain('remembers no')
    const { changes } = JSON.parse(stdout)
    expect(changes).toContainEqual(
      expect.objectContaining({ action: 'remove', object: expect.stringMatching(/^route 10\./) }),
    )
  })
})
