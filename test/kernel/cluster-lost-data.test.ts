import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Disposables } from '../lab/disposables.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { type ResidentCommand, residentCommand } from '../lab/resident/resident-command.ts'
import type { RunOutcome } from '../lab/run.ts'
import { expectMutualReach } from './cluster/expect-mutual-reach.ts'
import { settledSite } from './cluster/settled-site.ts'
import { backends, type Node, settle } from './cluster/site-node.ts'
import { routesOf } from './cluster/site-routes.ts'
import { startPrinting } from './cluster/start-printing.ts'

const { open, close, site, node, nodes } = settledSite()

const disposables = new Disposables()
const residents = new Map<Node['host'], ResidentCommand>()

/** Runs the command, loaded once for each host. */
const portolan = (host: Node['host'], ...words: readonly string[]): Promise<RunOutcome> => {
  const environment = { NODE_OPTIONS: '', NO_COLOR: '1', HOME: '/run/lab' }
  const resident = residents.get(host) ?? disposables.use(residentCommand(host.machine.inside, environment))
  residents.set(host, resident)
  return resident.run(words) ?? host.portolan(...words)
}

const backendOf = ({ machine: { name } }: Node['host']): string => backends[name as keyof typeof backends]

const runOn = ({ host, file }: Node, verb: string, ...words: readonly string[]): Promise<RunOutcome> =>
  portolan(host, ...[verb, '-f', file, '--backend', backendOf(host)], ...['--cluster', site().url, ...words])

const clusterOn = ({ host }: Node, ...words: readonly string[]): Promise<RunOutcome> =>
  portolan(host, 'cluster', ...words, '--cluster', site().url)

/** A project with the network of a node, whose subnets the planner chooses. */
const anyPlace = `
name: shop
networks:
  default: {enable_ipv6: true, driver_opts: {com.docker.network.bridge.name: br-web}}
services:
  web: {ports: ["8080:80"]}
`

/** The stored state of the cluster on a host. */
const memoryOf = ({ host }: Node): Promise<string> =>
  host.machine.mustRun(['sh', '-c', 'cd /var/lib/portolan && cat cluster.json cluster-neighbours.json'])

const blocksOf = (text: string): readonly string[] =>
  JSON.parse(text).blocks.map(({ block }: { readonly block: string }) => block)

const watchOn = ({ host, file }: Node) =>
  startPrinting(host, 'watch', '-f', file, '--cluster', site().url, '--backend', backends.h1)

/** Expects that commands which ask etcd say that it lost its data, and that none removes a route, a rule or a block. */
const expectStoredState = async (
  one: Node,
  why: RegExp,
  asked: 'plan' | 'each command' = 'plan',
): Promise<void> => {
  const [routes, memory] = [await routesOf(one.host), await memoryOf(one)]
  const stderr = expect.stringMatching(why)
  const plan = await runOn(one, 'plan')
  expect(plan).toMatchObject({ exitCode: 0, stderr })
  expect(plan.stderr).toMatch(/planned as this host saw the cluster last/)
  if (asked === 'each command') {
    expect(await runOn(one, 'apply', '--yes')).toMatchObject({ exitCode: 0, stderr })
    expect(await runOn(one, 'conflicts')).toMatchObject({ exitCode: 0, stderr })
    for (const words of [['status'], ['release'], ['reclaim', '--all', '--yes']])
      expect(await clusterOn(one, ...words)).toMatchObject({ exitCode: 1, stderr })
  }
  expect(await routesOf(one.host)).toEqual(routes)
  expect(await memoryOf(one)).toBe(memory)
}

describeBeside('hosts of a cluster when etcd has lost data', ['etcd'], () => {
  beforeAll(() => open(4, 2))
  afterAll(async () => {
    await disposables.close()
    await close()
  })

  test('while etcd is empty no host loses a route, a rule or a block, and init and join give each host its blocks back', async () => {
    const [one, two] = [node(0), node(1)]
    await expectMutualReach(one, two)
    await using watch = await watchOn(one)
    await watch.untilPrinted(/in force/)
    await site().restartEtcd('rm -rf data')
    await watch.untilPrinted(/etcd has no pools of cluster lab, .*lost its data.*cluster init .*cluster join/)
    const why = /etcd has no pools of cluster lab/
    await expectStoredState(two, why, 'each command')
    const refused = await clusterOn(two, 'join')
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(why) })
    await expectMutualReach(one, two)
    const [, init = ''] = /`(portolan cluster init [^`]*)`/.exec(refused.stderr) ?? []
    await two.host.must(...init.split(' ').slice(1))
    await expectStoredState(two, /etcd (is at revision|knows nothing of the blocks)/)
    for (const first of [one, two]) {
      const { exitCode, stdout, stderr } = await clusterOn(first, 'join', '--json')
      expect({ exitCode, stderr, blocks: blocksOf(stdout).toSorted() }).toEqual({
        ...{ exitCode: 0, blocks: first.blocks.toSorted() },
        // The first host knows the second one, which has not joined again.
        stderr: first === one ? expect.stringMatching(/knows nothing of .* of h2.*routes.*stay/is) : '',
      })
      await expectMutualReach(one, two)
    }
    await watch.untilPrinted(/etcd answers again/)
    await watch.stop()
    expect(await watch.said()).not.toMatch(/^.*[-~] (rule|route)/m)
    for (const each of [one, two])
      expect(await runOn(each, 'plan')).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('after a restore of an older copy no host removes the routes to a host that the copy does not know', async () => {
    await site().restartEtcd('cp -a data copy')
    const [third] = site().hosts.slice(2)
    if (third === undefined) throw new Error('there are four hosts')
    const all = [...nodes, await settle(third, site().url)]
    for (const one of all) await runOn(one, 'apply', '--yes')
    await expectMutualReach(...all)
    await using watch = await watchOn(node(0))
    await watch.untilPrinted(/in force/)
    await site().restartEtcd('rm -rf data && cp -a copy data')
    await watch.untilPrinted(/etcd is at revision \d+, and this host has seen revision \d+ of cluster lab/)
    for (const one of [node(0), ...all.slice(2)]) await expectStoredState(one, /etcd is at revision/)
    await expectMutualReach(...all)
    for (const one of all) {
      const { exitCode, stdout } = await clusterOn(one, 'join', '--json')
      expect({ exitCode, blocks: blocksOf(stdout).toSorted() }).toEqual({
        ...{ exitCode: 0, blocks: one.blocks.toSorted() },
      })
      await expectMutualReach(...all)
    }
    await watch.stop()
    expect(await watch.said()).not.toMatch(/^.*[-~] (rule|route)/m)
    for (const one of all) expect(await runOn(one, 'plan')).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('a host whose name and block another machine took says so, and gets another block by the printed commands', async () => {
    const [one] = [node(0)]
    const [, , , empty] = site().hosts
    const [block = ''] = one.blocks
    if (empty === undefined) throw new Error('there are four hosts')
    await using watch = await watchOn(one)
    await watch.untilPrinted(/in force/)
    await site().restartEtcd('rm -rf data')
    await watch.untilPrinted(/etcd has no pools of cluster lab/)
    await clusterOn(one, 'init', '--pool', '10.64.0.0/20:24', '--pool', 'fd00:1234::/56:64')
    const words = ['join', '--member', 'h1', '--cluster', site().url, '--json']
    expect(blocksOf((await portolan(empty, 'cluster', ...words)).stdout).toSorted()).toEqual(
      one.blocks.toSorted(),
    )
    const releaseAndJoin = /portolan cluster release --force.* && portolan cluster join --member NAME/
    // The other machine may be this host itself, from before. So the takeover comes first in the remedy.
    const takeover = /`portolan cluster join --takeover[^`]*` gets its blocks back[\s\S]*/
    const message = expect.stringMatching(
      new RegExp(
        `older copy[^]*${block} another machine named h1[^]*${takeover.source}${releaseAndJoin.source}`,
      ),
    )
    expect(await runOn(one, 'plan')).toMatchObject({ exitCode: 3, stderr: message })
    expect(await runOn(one, 'conflicts')).toMatchObject({ exitCode: 3, stderr: message })
    expect(await clusterOn(one, 'status')).toMatchObject({ exitCode: 1, stderr: message })
    await watch.untilPrinted(new RegExp(`${block}[^]*${releaseAndJoin.source}`))
    await watch.stop()
    // Commands that do not ask etcd use the stored state.
    const status = await portolan(one.host, 'status', '-f', one.file)
    const [line = ''] = new RegExp(`${releaseAndJoin.source}[^\\n\x60]*`).exec(status.stdout) ?? []
    expect(line).toContain('NAME')
    for (const command of line.replace('NAME', 'h9').split(' && '))
      await one.host.must(...command.split(' ').slice(1))
    await one.host.write('compose.yaml', anyPlace)
    expect(await runOn(one, 'move', 'default', '--yes')).toMatchObject({ exitCode: 0 })
    const { exitCode, stderr } = await runOn(one, 'plan')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringMatching('older copy') })
    const { own } = JSON.parse((await clusterOn(one, 'status', '--json')).stdout)
    expect(own).toMatchObject(Array(2).fill({ networks: ['shop/default'] }))
    expect(JSON.stringify(own)).not.toContain(block)
  })
})
