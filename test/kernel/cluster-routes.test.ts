import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { clusterAddress } from '../lab/cluster-site.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { until } from '../lab/until.ts'
import { foreignRoutes } from './cluster/foreign-routes.ts'
import { settledSite } from './cluster/settled-site.ts'
import { applyOn, statusConflicts, tcp } from './cluster/site-node.ts'
import { routesOf, routesTo } from './cluster/site-routes.ts'
import { lostRoutes, watchedRoutes } from './cluster/watched-routes.ts'

const settled = settledSite()
const { open, close, site, node, nodes } = settled

describeBeside('routes to the blocks of other hosts', ['etcd'], () => {
  beforeAll(() => open(3, 2))
  afterAll(close)

  test('containers of two hosts reach each other with their own source', async () => {
    const [one, two] = [node(0), node(1)]
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const)
      for (const family of ['address', 'address6'] as const)
        expect(await from.web.reach(tcp(to[family], 81))).toMatchObject({
          delivered: true,
          source: from[family],
        })
  })

  test('machines outside the cluster reach only published ports, and packets to them are masqueraded', async () => {
    const [one, two] = [node(0), node(1)]
    const { client } = site()
    await client.ip(`route add ${two.blocks[0]} via ${clusterAddress(12)}`)
    await client.listen({ protocol: 'tcp', port: 90 })
    expect(await client.probe(tcp(two.address, 81))).toMatchObject({ delivered: false })
    // Another host counts as another machine, and not as one of its containers.
    expect(await one.host.machine.probe(tcp(two.address, 81))).toMatchObject({ delivered: false })
    expect(await client.reach(tcp(clusterAddress(12), 8080))).toMatchObject({ delivered: true, by: 'web-h2' })
    expect(await one.web.reach(tcp(clusterAddress(12), 8080))).toMatchObject({
      delivered: true,
      by: 'web-h2',
      source: clusterAddress(11),
    })
    expect(await one.web.reach(tcp(clusterAddress(9), 90))).toMatchObject({ source: clusterAddress(11) })
  })

  test('containers of two hosts reach each other where the reverse path filter is strict', async () => {
    for (const { host } of nodes)
      for (const name of ['all', 'eth0']) await host.machine.setSysctl(`net.ipv4.conf.${name}.rp_filter`, 1)
    expect(await node(0).web.reach(tcp(node(1).address, 81))).toMatchObject({ delivered: true })
  })

  test('a second plan has no change, and a script deletes only routes that lead to no block of another host', async () => {
    await applyOn(node(1).host, node(1).file, '--cluster', site().url)
    for (const [{ host, file }, backend] of [
      [node(0), 'nftables'],
      [node(1), 'iptables-nft'],
    ] as const)
      expect(
        await host.portolan('plan', '-f', file, '--backend', backend, '--cluster', site().url),
      ).toMatchObject({ exitCode: 0 })
    const { host, file } = node(0)
    const script = await host.must('script', '-f', file, '--backend', 'nftables', '--format', 'sh')
    const path = await host.write('routes.sh', script)
    const before = await routesOf(host)
    expect(before).toHaveLength(2)
    // `ip monitor` may open this file later than the test reads it.
    await host.machine.mustRun(['touch', '/run/lab/monitored'])
    const monitor = host.machine.start(['sh', '-c', 'exec ip -4 monitor route > /run/lab/monitored'])
    const monitored = async (): Promise<readonly string[]> =>
      (await host.machine.mustRun(['cat', '/run/lab/monitored'])).split('\n')
    const untilPrinted = async (text: string): Promise<boolean> =>
      (await monitored()).some((line) => line.includes(text))
    await until('what ip writes', async () => {
      await host.machine.ip('route add 203.0.113.9 via 192.0.2.9', 'route del 203.0.113.9')
      return untilPrinted('203.0.113.9')
    })
    // These routes lead to no block of another host.
    await host.machine.ip(
      'route add 203.0.113.8 via 192.0.2.9 proto 143',
      'route add fd00:9::/64 via 2001:db8:1::9 proto 143',
    )
    await host.machine.mustRun(['sh', path])
    expect(await routesOf(host)).toEqual(before)
    await until('a route that is deleted', () => untilPrinted('Deleted 203.0.113.8'), {
      beside: monitor,
      shows: monitored,
    })
    monitor.kill('SIGTERM')
    await monitor.outcome
    expect((await monitored()).filter((line) => line.startsWith('Deleted 10.'))).toEqual([])
  })

  test('status reports no conflict on a host with all its routes, with a file or without', async () => {
    for (const one of nodes)
      for (const words of [[], ['-f', one.file]]) expect(await statusConflicts(one, ...words)).toEqual([])
  })

  test('status after a host has joined or left names the apply command that a project needs, and reports no conflict', async () => {
    const { host, file } = node(0)
    const memory = '/var/lib/portolan/cluster-neighbours.json'
    const before = await host.machine.mustRun(['cat', memory])
    const added = [{ block: '10.64.14.0/24', host: 'h9', via: clusterAddress(19) }]
    const more = { ...JSON.parse(before), others: [...JSON.parse(before).others, ...added] }
    const write = (text: string) =>
      host.machine.mustRun(['sh', '-c', 'cat > "$1"', 'sh', memory], { input: text })
    await write(JSON.stringify(more))
    try {
      const { conflicts, notes } = JSON.parse(await host.must('status', '--json'))
      expect(conflicts).toEqual([])
      expect(notes).toEqual([
        expect.stringMatching(
          /^Project shop was applied before .*10\.64\.14\.0\/24.*`portolan apply -f FILE --cluster \S+`/,
        ),
      ])
      const { drift } = JSON.parse(await host.must('status', '-f', file, '--json'))
      expect(drift).not.toEqual([])
    } finally {
      await write(before)
    }
    // Another project brought the routes after a host had left. Its rules are its own.
    const [left, ...others] = JSON.parse(before).others
    const route = ['route', left.block, 'via', left.via, 'dev', 'eth0', 'proto', '143']
    const ip = (verb: string) => host.machine.ip(route.with(0, `route ${verb}`).join(' '))
    await host.machine.ip(`route add default via ${clusterAddress(9)}`)
    await ip('del')
    await write(JSON.stringify({ ...JSON.parse(before), others }))
    try {
      const { conflicts, notes } = JSON.parse(await host.must('status', '--json'))
      expect(conflicts).toEqual([])
      expect(notes).toEqual([
        expect.stringMatching(/^Project shop was applied before .*`portolan apply -f FILE/),
      ])
    } finally {
      await write(before)
      await ip('add')
      await host.machine.ip('route del default')
    }
    expect(fromJson<{ readonly notes: unknown }>(await host.must('status', '--json')).notes).toBeUndefined()
  })

  test('a project on the network of another project has no conflict about source addresses that are not masqueraded', async () => {
    const { host } = node(0)
    const text = 'name: guest\nnetworks: {theirs: {external: true, name: shop_default}}\n'
    const file = await host.write('guest.yaml', `${text}services: {app: {networks: [theirs]}}\n`)
    const conflictKinds = async (): Promise<readonly string[]> => {
      const { stdout } = await host.portolan('conflicts', '-f', file, '--cluster', site().url, '--json')
      return JSON.parse(stdout).conflicts.map(({ kind }: { readonly kind: string }) => kind)
    }
    expect(await conflictKinds()).toEqual([])
    await applyOn(host, file, '--cluster', site().url)
    expect(await conflictKinds()).toEqual([])
    await host.must('destroy', '-f', file, '--yes')
  })

  test('plan and apply keep the routes while etcd does not answer', async () => {
    const { host, file } = node(0)
    const before = await routesOf(host)
    await host.machine.ip(`route add unreachable ${clusterAddress(1)}`)
    try {
      const { exitCode, stderr } = await host.portolan(
        ...['plan', '-f', file, '--backend', 'nftables', '--cluster', site().url],
      )
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 0,
        stderr: expect.stringContaining('planned as this host saw the cluster last'),
      })
      await applyOn(host, file, '--cluster', site().url)
      expect(await routesOf(host)).toEqual(before)
    } finally {
      await host.machine.ip(`route del unreachable ${clusterAddress(1)}`)
    }
  })

  foreignRoutes(settled)

  test('a join of a second cluster with the same pools is refused while the routes belong to another state directory, and later takes none of them', async () => {
    const { host } = node(0)
    const { machine } = host
    const { url } = site()
    const second = ['--cluster', url.replace(/lab$/, 'second')] as const
    const state = ['--state', '/var/lib/portolan/second'] as const
    const pools = ['--pool', '10.64.0.0/20:24', '--pool', 'fd00:1234::/56:64']
    await host.must('cluster', 'init', ...pools, ...second)
    const join = () => host.portolan('cluster', 'join', '--member', 'h1', '--count', '2', ...second, ...state)
    const isRefused = (message: RegExp) => ({ exitCode: 1, stderr: expect.stringMatching(message) })
    const ofFirst =
      /this host is h1 in cluster lab \(etcd:\S+\) with the state directory \/var\/lib\/portolan, .*Cluster second .*`portolan cluster release --cluster etcd:\S+\/lab`/
    expect(await join()).toMatchObject(isRefused(ofFirst))
    // Another path leads to the same directory. Routes from before the note are recognised by their blocks.
    await machine.mustRun(['ln', '-s', '/var/lib/portolan', '/run/lab/linked'])
    await host.must('cluster', 'join', '--cluster', url, '--state', '/run/lab/linked')
    await machine.mustRun(['sh', '-c', 'rm /run/portolan/routes-*.json'])
    expect(await join()).toMatchObject(
      isRefused(/in another cluster than second: .*blocks that second does not have and never had/),
    )
    await host.must('cluster', 'join', '--cluster', url)
    expect(await join()).toMatchObject(isRefused(ofFirst))
    // A host that joined before Portolan made routes.
    const before = await routesOf(host)
    for (const family of ['-4', '-6']) await machine.mustRun(['ip', family, 'route', 'flush', 'proto', '143'])
    expect(await join()).toMatchObject({ exitCode: 0 })
    try {
      await applyOn(host, node(0).file, '--cluster', url)
      expect(await routesOf(host)).toEqual(before)
      const file = await host.write('second.yaml', 'name: second\nservices: {web: {ports: ["8090:80"]}}\n')
      const words = ['-f', file, '--backend', 'nftables', ...second, ...state] as const
      const { stdout } = await host.portolan('plan', ...words, '--json')
      expect(fromJson<{ readonly notes: unknown }>(stdout).notes).toContainEqual({
        text: expect.stringMatching(
          /^The routes of this host belong to cluster lab .*The routes stay as they are/,
        ),
        place: null,
      })
      await host.must('apply', ...words, '--yes')
      expect(await routesOf(host)).toEqual(before)
      expect(await node(0).web.reach(tcp(node(1).address, 81))).toMatchObject({ delivered: true })
      await host.must('destroy', '-p', 'second', '--yes', ...state)
    } finally {
      // One of its blocks contains the network of the first project.
      await host.must('cluster', 'release', '--force', ...second, ...state)
    }
    expect(await join()).toMatchObject(isRefused(ofFirst))
    expect(await routesOf(host)).toEqual(before)
  })

  watchedRoutes(settled)

  test('destroy through another state directory leaves the routes of the first one', async () => {
    const { host, file } = node(0)
    const before = await routesOf(host)
    expect(before).not.toEqual([])
    const other = ['--state', '/var/lib/portolan/other'] as const
    const network = 'networks: {n: {ipam: {config: [{subnet: 10.98.0.0/24}]}}}'
    const text = `name: other\n${network}\nservices: {a: {networks: [n]}}\n`
    await applyOn(host, await host.write('other.yaml', text), ...other)
    await host.must('destroy', '-p', 'shop', '--keep-leases', '--yes')
    const { stdout, stderr } = await host.portolan('destroy', '-p', 'other', '--yes', ...other)
    expect(await routesOf(host)).toEqual(before)
    expect(`${stdout}${stderr}`).toMatch(
      /routes to blocks of other hosts stay .*cluster lab, .*h1 with the state directory \/var\/lib\/portolan\./,
    )
    await applyOn(host, file, '--cluster', site().url)
    expect(await routesOf(host)).toEqual(before)
  })

  lostRoutes(settled)

  test('plan says which address of another host is on no network of this host', async () => {
    const [first, , third] = site().hosts
    await third?.machine.ip(
      'link add elsewhere type bridge',
      'addr add 203.0.113.13/24 dev elsewhere',
      'link set elsewhere up',
    )
    await third?.must(
      ...['cluster', 'join', '--cluster', site().url, '--count', '15', '--address', '203.0.113.13'],
    )
    const plan = await first?.portolan(
      ...['plan', '-f', node(0).file, '--backend', 'nftables', '--cluster', site().url],
    )
    expect(plan?.stdout).toContain('the address is on no network of this host')
  })

  test('destroy removes every route of Portolan and no other', async () => {
    const { host } = node(0)
    const routes = await routesOf(host)
    const beside = ['ip', 'ip6'].map((family) => {
      const [block = ''] = (routes.find((one) => one.includes(':') === (family === 'ip6')) ?? '').split(' ')
      return { block, foreign: `${block} via ${clusterAddress(9, family === 'ip' ? 'ip' : 'ip6')} dev eth0` }
    })
    await host.machine.ip(
      `route add 198.51.100.0/24 via ${clusterAddress(9)}`,
      ...beside.map(({ foreign }) => `route append ${foreign}`),
    )
    await host.must('destroy', '--all', '--yes')
    expect(await routesOf(host)).toEqual([])
    for (const { block, foreign } of beside)
      expect(await routesTo(host, block)).toEqual([expect.stringContaining(foreign)])
    expect(await host.machine.mustRun(['ip', 'route', 'show', '198.51.100.0/24'])).not.toBe('')
  })
})
