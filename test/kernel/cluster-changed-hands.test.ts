import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type ClusterSite, openClusterSite } from '../lab/cluster-site.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { expectMutualReach } from './cluster/expect-mutual-reach.ts'
import { applyOn, backends, type Node, settle } from './cluster/site-node.ts'
import { routesOf, untilRoutes } from './cluster/site-routes.ts'
import { startPrinting } from './cluster/start-printing.ts'

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
  const watch = await startPrinting(
    host,
    ...['watch', '-f', file, '--cluster', site().url, '--backend', backend],
  )
  await watch.untilPrinted(/in force/)
  return watch
}

const pools = ['--pool', '10.64.0.0/23:24', '--pool', 'fd00:1234::/63:64']

/** Deletes routes, and expects that a watch makes them again. So the watch still wants these routes. */
const expectRoutesRestored = async ({ host }: Node, routes: readonly string[]): Promise<void> => {
  for (const route of routes) {
    const family = route.includes(':') ? '-6' : '-4'
    await host.machine.mustRun(['ip', family, 'route', 'del', ...route.split(' ')])
  }
  await untilRoutes(host, `${routes}`, (now) => now.toString() === routes.toString())
}

describeBeside(
  'blocks that got another host after etcd was copied, when the copy is restored',
  ['etcd'],
  () => {
    beforeAll(async () => {
      opened = await openClusterSite(3)
    })
    afterAll(async () => {
      await opened?.[Symbol.asyncDispose]()
    })

    test('the blocks keep their present host: no watch removes their routes or rules, and each command reports the older copy', async () => {
      const { url } = site()
      const formerHost = { host: hostAt(0) }
      await formerHost.host.must('cluster', 'init', ...pools, '--cluster', url)
      await formerHost.host.must('cluster', 'join', '--member', 'h1', '--cluster', url)
      const third = await settle(hostAt(2), url)
      await site().restartEtcd('rm -rf copy && cp -a data copy')
      await clusterOn(formerHost, 'release')
      const second = await settle(hostAt(1), url)
      await applyOn(third.host, third.file, '--cluster', url)
      await expectMutualReach(second, third)
      await using watchOfSecond = await watchOn(second)
      await using watchOfThird = await watchOn(third)
      await using joining = await startPrinting(third.host, 'cluster', 'join', '--watch', '--cluster', url)
      await joining.untilPrinted(/10\.64\.\d\.0\/24 held/)
      const routes = [await routesOf(second.host), await routesOf(third.host)] as const
      expect(routes.map(({ length }) => length)).toEqual([2, 2])

      await site().restartEtcd('rm -rf data && cp -a copy data')
      await watchOfSecond.untilPrinted(
        /older copy of its data.*In that copy, blocks of this host belong to others/,
      )
      await joining.untilPrinted(/older copy of its data/)
      await joining.untilPrinted(/knows nothing of .* of h2/)
      await watchOfThird.untilPrinted(/older copy of its data|knows nothing of .* of h2/)
      await expectRoutesRestored(second, routes[0])
      await expectRoutesRestored(third, routes[1])
      await expectMutualReach(second, third)
      for (const one of [second, third]) {
        const backend = backends[one.host.machine.name as keyof typeof backends]
        const plan = await one.host.portolan('plan', '-f', one.file, '--cluster', url, '--backend', backend)
        expect(plan.stderr).toMatch(/older copy of its data|knows nothing of .* of h2/)
        expect(plan.stdout).not.toMatch(/^\s*[-~] /m)
      }
      for (const watch of [watchOfSecond, watchOfThird, joining]) await watch.stop()
      expect(await watchOfSecond.said()).not.toMatch(/[-~+] set masquerade/)
      // The earlier host with this block does not know of the change.
      await formerHost.host.must('cluster', 'join', '--member', 'h1', '--cluster', url)
      await formerHost.host.must('cluster', 'release', '--cluster', url)
      for (const _turn of [1, 2]) {
        const { exitCode, stderr } = await clusterOn(third, 'join', '--count', '2')
        expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(/h2 had it/) })
      }
      expect(await routesOf(third.host)).toEqual(routes[1])
      await second.host.must('cluster', 'join', '--cluster', url)
      await expectMutualReach(second, third)
      expect((await clusterOn(third, 'status')).stderr).toBe('')
    })

    test('the blocks of a pool that is newer than the copy stay too, and the printed init command brings the pool back', async () => {
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
      const warnings: string[] = []
      for (const _turn of [1, 2]) {
        warnings.push((await clusterOn({ host: second }, 'join')).stderr)
        await applyOn(second, file, '--cluster', url)
        expect(await routesOf(second)).toEqual(routes)
      }
      for (const text of warnings) expect(text).toMatch(/pools .*older/)
      const [, line = 'false'] = /once \(`portolan ([^`]+)`\)/.exec(warnings[1] ?? '') ?? []
      await second.must(...line.split(' '))
      await third.must('cluster', 'join', '--count', '2', '--cluster', url)
      expect((await clusterOn({ host: second }, 'status')).stderr).toBe('')
      await applyOn(second, file, '--cluster', url)
      expect(await routesOf(second)).toEqual(routes)
    })
  },
)
