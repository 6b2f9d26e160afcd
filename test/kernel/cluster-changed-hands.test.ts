import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type ClusterSite, openClusterSite } from '../lab/cluster-site.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { meet } from './cluster/meet.ts'
import { applyOn, backends, type Node, settle } from './cluster/site-node.ts'
import { routesOf, untilRoutes } from './cluster/site-routes.ts'
import { speakingOn } from './cluster/speaking-on.ts'

let opened: ClusterSite | null = null

const site = (): ClusterSite => {
  if (opened === null) throw new Error('the hosts have not been started')
  return opened
}

const hostAt = (index: number): ClusterSite['hosts'][number] => {
  const host = site().hosts[index]
  if (host === undefined) throw new Error(`there is no host ${index}`)
  return host
}

const clusterOn = ({ host }: Pick<Node, 'host'>, ...words: readonly string[]) =>
  host.portolan('cluster', ...words, '--cluster', site().url)

const watchOn = async ({ host, file }: Node) => {
  const backend = backends[host.machine.name as keyof typeof backends]
  const watch = await speakingOn(
    host,
    ...['watch', '-f', file, '--cluster', site().url, '--backend', backend],
  )
  await watch.says(/in force/)
  return watch
}

const pools = ['--pool', '10.64.0.0/23:24', '--pool', 'fd00:1234::/63:64']

/** Expects that a watch makes deleted routes again: it wants these routes by its whole knowledge. */
const madeAnew = async ({ host }: Node, routes: readonly string[]): Promise<void> => {
  for (const route of routes) {
    const family = route.includes(':') ? '-6' : '-4'
    await host.machine.mustRun(['ip', family, 'route', 'del', ...route.split(' ')])
  }
  await untilRoutes(host, `${routes}`, (now) => now.toString() === routes.toString())
}

describeBeside('blocks that changed hands behind a copy of etcd, which is restored', ['etcd'], () => {
  beforeAll(async () => {
    opened = await openClusterSite(3)
  })
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]()
  })

  test('stay where they are: no watch takes a route or a rule of them away, and each command tells', async () => {
    const { url } = site()
    const before = { host: hostAt(0) }
    await before.host.must('cluster', 'init', ...pools, '--cluster', url)
    await before.host.must('cluster', 'join', '--member', 'h1', '--cluster', url)
    const third = await settle(hostAt(2), url)
    await site().restartEtcd('rm -rf copy && cp -a data copy')
    await clusterOn(before, 'release')
    const second = await settle(hostAt(1), url)
    await applyOn(third.host, third.file, '--cluster', url)
    await meet(second, third)
    await using ofSecond = await watchOn(second)
    await using ofThird = await watchOn(third)
    await using stays = await speakingOn(third.host, 'cluster', 'join', '--watch', '--cluster', url)
    await stays.says(/10\.64\.\d\.0\/24 held/)
    const routes = [await routesOf(second.host), await routesOf(third.host)] as const
    expect(routes.map(({ length }) => length)).toEqual([2, 2])

    await site().restartEtcd('rm -rf data && cp -a copy data')
    await ofSecond.says(/older copy of its data.*In that copy, blocks of this host belong to others/)
    await stays.says(/older copy of its data/)
    await stays.says(/knows nothing of .* of h2/)
    await ofThird.says(/older copy of its data|knows nothing of .* of h2/)
    await madeAnew(second, routes[0])
    await madeAnew(third, routes[1])
    await meet(second, third)
    for (const one of [second, third]) {
      const backend = backends[one.host.machine.name as keyof typeof backends]
      const plan = await one.host.portolan('plan', '-f', one.file, '--cluster', url, '--backend', backend)
      expect(plan.stderr).toMatch(/older copy of its data|knows nothing of .* of h2/)
      expect(plan.stdout).not.toMatch(/^\s*[-~] /m)
    }
    for (const watch of [ofSecond, ofThird, stays]) await watch.stop()
    expect(await ofSecond.said()).not.toMatch(/[-~+] set masquerade/)
    // The earlier host with this block does not know of the change.
    await before.host.must('cluster', 'join', '--member', 'h1', '--cluster', url)
    await before.host.must('cluster', 'release', '--cluster', url)
    for (const _turn of [1, 2]) {
      const { exitCode, stderr } = await clusterOn(third, 'join', '--count', '2')
      expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(/h2 had it/) })
    }
    expect(await routesOf(third.host)).toEqual(routes[1])
    await second.host.must('cluster', 'join', '--cluster', url)
    await meet(second, third)
    expect((await clusterOn(third, 'status')).stderr).toBe('')
  })

  test('stay too where their pool came behind the copy, until its pools are settled again as the message says', async () => {
    const { url } = site()
    const [second, third] = [hostAt(1), hostAt(2)]
    const file = '/run/lab/compose.yaml'
    await site().restartEtcd('rm -rf copy && cp -a data copy')
    const grown = [...pools, '--pool', '10.67.0.0/24:24', '--pool', 'fd00:5678::/64:64']
    await second.must('cluster', 'init', ...grown, '--cluster', url)
    await third.must('cluster', 'join', '--count', '2', '--cluster', url)
    await applyOn(second, file, '--cluster', url)
    const routes = await routesOf(second)
    expect(routes).toHaveLength(4)
    await site().restartEtcd('rm -rf data && cp -a copy data')
    const told: string[] = []
    for (const _turn of [1, 2]) {
      told.push((await clusterOn({ host: second }, 'join')).stderr)
      await applyOn(second, file, '--cluster', url)
      expect(await routesOf(second)).toEqual(routes)
    }
    for (const text of told) expect(text).toMatch(/pools .*older/)
    const [, line = 'false'] = /once \(`portolan ([^`]+)`\)/.exec(told[1] ?? '') ?? []
    await second.must(...line.split(' '))
    await third.must('cluster', 'join', '--count', '2', '--cluster', url)
    expect((await clusterOn({ host: second }, 'status')).stderr).toBe('')
    await applyOn(second, file, '--cluster', url)
    expect(await routesOf(second)).toEqual(routes)
  })
})
