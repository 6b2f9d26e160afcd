import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type ClusterSite, clusterAddress, openClusterSite } from '../lab/cluster-site.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { applyOn, backends, type Node, settle } from './cluster/site-node.ts'
import { routesOf } from './cluster/site-routes.ts'

let opened: ClusterSite | null = null
const site = (): ClusterSite => {
  if (opened === null) throw new Error('the hosts have not been started')
  return opened
}

const nodes: Node[] = []
const node = (index: number): Node => {
  const found = nodes[index]
  if (found === undefined) throw new Error(`there is no node ${index}`)
  return found
}

const state = '/var/lib/portolan'

/** Containers of both hosts reach each other on their own addresses. */
const meet = async (): Promise<void> => {
  for (const [from, to] of [
    [node(0), node(1)],
    [node(1), node(0)],
  ] as const)
    for (const family of ['address', 'address6'] as const)
      expect(await from.web.reach({ protocol: 'tcp', destination: to[family], port: 81 })).toMatchObject({
        delivered: true,
        source: from[family],
      })
}

const runOn = ({ host, file }: Node, verb: string, ...words: readonly string[]) =>
  host.portolan(verb, '-f', file, '--backend', backends[host.machine.name as keyof typeof backends], ...words)

/** The state directory is gone, as after a disk was changed: nothing of the kernel is. */
const loseState = ({ host }: Node): Promise<string> =>
  host.machine.mustRun(['sh', '-c', `mv ${state} ${state}.lost-$(ls -d ${state}* | wc -l)`])

const forgetAlive = (host: string): Promise<string> =>
  site().client.mustRun([
    ...[
      'curl',
      '--silent',
      '--fail',
      '--max-time',
      '5',
      `http://${clusterAddress(1)}:2379/v3/kv/deleterange`,
    ],
    ...['-d', JSON.stringify({ key: Buffer.from(`/portolan/v1/lab/hosts/${host}`).toString('base64') })],
  ])

describeBeside('a host that forgot its cluster', ['etcd'], () => {
  beforeAll(async () => {
    opened = await openClusterSite(2)
    const { hosts, url } = opened
    const pools = ['--pool', '10.64.0.0/20:24', '--pool', 'fd00:1234::/56:64']
    await hosts[0]?.must('cluster', 'init', ...pools, '--cluster', url)
    for (const host of hosts) nodes.push(await settle(host, url))
    for (const { host, file } of nodes) await applyOn(host, file, '--cluster', url)
  })
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]()
  })

  test.each([0, 1])('keeps routes and rules where etcd tells which host it was (host %i)', async (index) => {
    await meet()
    const one = node(index)
    const cluster = ['--cluster', site().url] as const
    await loseState(one)
    const routes = await routesOf(one.host)
    expect(routes).toHaveLength(2)
    // Before and after a join that is refused, which writes down that it was tried.
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
    await meet()
  })

  test('gets its blocks back with a takeover, and finds nothing to do then', async () => {
    for (const one of nodes) {
      const { host } = one
      const cluster = ['--cluster', site().url] as const
      // As if a minute had passed in which nothing kept it alive.
      await forgetAlive(host.machine.name)
      const text = await host.must(
        ...['cluster', 'join', '--takeover', '--member', host.machine.name, ...cluster, '--json'],
      )
      expect(JSON.parse(text)).toMatchObject({
        collisions: [],
        skipped: [],
        moves: [],
        leaving: [],
        claimed: [],
      })
      const { exitCode, stderr } = await runOn(one, 'plan', ...cluster)
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      expect(await routesOf(host)).toHaveLength(2)
    }
    await meet()
  })

  test('where no cluster tells, routes stay and it is said what is not known, by each command', async () => {
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
    // A cluster is named, and does not answer.
    await one.host.machine.ip(`route add unreachable ${clusterAddress(1)}`)
    const named = await runOn(one, 'plan', '--cluster', site().url)
    expect(named.stderr).toMatch(/does not answer[\s\S]*This host remembers nothing of it/)
    expect(named.stdout).toMatch(note)
    await one.host.machine.ip(`route del unreachable ${clusterAddress(1)}`)
    const watch = await runOn(one, 'watch', '--once', '--check')
    expect(watch.stderr).toMatch(note)
    await applyOn(one.host, one.file)
    expect(await routesOf(one.host)).toEqual(routes)
  })

  test('what was left goes with the last project, and a host that gave its blocks back keeps no route', async () => {
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
