import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { clusterAddress } from '../lab/cluster-site.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import type { RunOutcome } from '../lab/run.ts'
import { until } from '../lab/until.ts'
import { forgetAlive } from './cluster/forget-alive.ts'
import { settledSite } from './cluster/settled-site.ts'
import { applyOn, at, type Node } from './cluster/site-node.ts'
import { routesOf, untilRoutes } from './cluster/site-routes.ts'

const { open, close, site, node, nodes } = settledSite()

/** The conflicts of networks and of the host that `portolan status` reports. */
const statusConflicts = async ({ host }: Node, ...words: readonly string[]): Promise<readonly string[]> =>
  JSON.parse(await host.must('status', ...words, '--json')).conflicts.map(
    ({ kind, message }: { readonly kind: string; readonly message: string }) => `${kind}: ${message}`,
  )

const portolan = fileURLToPath(new URL('../../packages/portolan/bin/portolan.js', import.meta.url))

/** The routes to exactly this block, of any program. */
const routesTo = async ({ machine }: Node['host'], block: string): Promise<readonly string[]> => {
  const family = block.includes(':') ? '-6' : '-4'
  const text = await machine.mustRun(['ip', '-o', family, 'route', 'show', 'exact', block])
  return text.split('\n').filter((line) => line !== '')
}

const tcp = (destination: string, port = 80) => ({ protocol: 'tcp' as const, destination, port })

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

  test('a script changes nothing where another program has a route to a block', async () => {
    const { host, file } = node(0)
    const script = await host.must('script', '-f', file, '--backend', 'nftables', '--format', 'sh')
    const path = await host.write('taken.sh', script)
    const [block = ''] = node(1).blocks
    const rules = await host.machine.mustRun(['nft', 'list', 'ruleset'])
    for (const how of ['replace', 'prepend']) {
      // A foreign route instead of Portolan's, or before it.
      await host.machine.ip(`route ${how} ${block} via ${clusterAddress(9)}`)
      const { exitCode, stderr } = await host.machine.run(['sh', path])
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(
          /is the block of another host[\s\S]*via 192\.0\.2\.9[\s\S]*Nothing was changed/,
        ),
      })
      expect(await host.machine.mustRun(['nft', 'list', 'ruleset'])).toBe(rules)
      await host.machine.ip(`route del ${block} via ${clusterAddress(9)}`)
      await host.machine.mustRun(['sh', path])
    }
    expect(await routesOf(host)).toHaveLength(2)
  })

  describe('a foreign route to the same block', () => {
    const routesToBlock = (block: string): Promise<readonly string[]> => routesTo(node(0).host, block)
    const plan = (): Promise<RunOutcome> =>
      node(0).host.portolan('plan', '-f', node(0).file, '--backend', 'nftables', '--json')
    const script = async (): Promise<RunOutcome> => {
      const { host, file } = node(0)
      const text = await host.must('script', '-f', file, '--backend', 'nftables', '--format', 'sh')
      return host.machine.run(['sh', await host.write('beside.sh', text)])
    }

    test.each([
      ['add', 0, 'metric 7', null],
      ['append', 0, '', null],
      ['add', 1, 'metric 4096', null],
      ['add', 1, 'metric 100', /lower metric/],
      ['append', 1, '', /share the flows/],
    ])(
      'made by `ip route %s` (family %s, %s) stays beside the route of Portolan in plan and script',
      async (how, at, metric, message) => {
        const { host } = node(0)
        const block = node(1).blocks[at] ?? ''
        const foreign = `${block} via ${clusterAddress(9, at === 0 ? 'ip' : 'ip6')} dev eth0 ${metric}`
        const before = await routesToBlock(block)
        expect(before).toHaveLength(1)
        await host.machine.ip(`route ${how} ${foreign}`)
        const beside = await routesToBlock(block)
        try {
          const { exitCode, stdout } = await plan()
          const { conflicts, summary } = JSON.parse(stdout)
          expect({ exitCode, summary }).toEqual({ exitCode: 0, summary: { add: 0, change: 0, remove: 0 } })
          expect(conflicts).toEqual(
            message === null
              ? []
              : [
                  expect.objectContaining({
                    kind: 'BlockRouteTaken',
                    message: expect.stringMatching(message),
                  }),
                ],
          )
          // A route with the same key as a foreign one cannot be replaced without a change of the foreign one.
          expect(await script()).toMatchObject({ exitCode: how === 'append' ? 1 : 0 })
          expect(await routesToBlock(block)).toEqual(beside)
        } finally {
          await host.machine.ip(`route del ${foreign}`)
        }
        expect(await routesToBlock(block)).toEqual(before)
      },
    )
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

  test('a more exact foreign route within a block is a conflict, and apply leaves it alone', async () => {
    const { host, file } = node(0)
    const [block = ''] = node(1).blocks
    await host.machine.ip(`route add ${at(block, 128)}/25 via ${clusterAddress(9)}`)
    try {
      const text = await host.must('conflicts', '-f', file, '--backend', 'nftables', '--json')
      expect(fromJson<{ readonly conflicts: unknown }>(text).conflicts).toContainEqual(
        expect.objectContaining({
          kind: 'BlockRouteTaken',
          message: expect.stringContaining('is more exact'),
        }),
      )
      for (const words of [[], ['-f', file], ['-p', 'shop']])
        expect(await statusConflicts(node(0), ...words)).toEqual([
          expect.stringMatching(/^BlockRouteTaken: .* is more exact/),
        ])
      await applyOn(host, file)
      expect(await routesTo(host, `${at(block, 128)}/25`)).toHaveLength(1)
    } finally {
      await host.machine.ip(`route del ${at(block, 128)}/25`)
    }
  })

  test('a route in a table of an earlier routing rule is a conflict until the printed command has been run', async () => {
    const { host, file } = node(0)
    const { machine } = host
    const findTakenRoutes = async (): Promise<
      readonly { prefix: string; remedy: { commands: readonly string[] } }[]
    > =>
      JSON.parse(
        await host.must('conflicts', '-f', file, '--backend', 'nftables', '--json'),
      ).conflicts.filter(({ kind }: { readonly kind: string }) => kind === 'BlockRouteTaken')
    const families = ['-4', '-6'] as const
    const undo: string[] = []
    try {
      for (const [at, block] of node(1).blocks.entries()) {
        const via = clusterAddress(9, at === 0 ? 'ip' : 'ip6')
        await machine.mustRun(['ip', 'route', 'add', block, 'via', via, 'table', '77'])
        const rule = ['rule', 'add', 'pref', '100', 'lookup', '77']
        await machine.mustRun(['ip', families[at] ?? '', ...rule])
        undo.push(`ip route flush table 77; ip ${families[at]} rule del pref 100`)
      }
      const conflicts = await findTakenRoutes()
      expect(conflicts.map(({ prefix }) => prefix)).toEqual(node(1).blocks)
      for (const command of conflicts.flatMap(({ remedy }) => remedy.commands)) {
        undo.push(command.replace(' add ', ' del '))
        await machine.mustRun(['sh', '-c', command])
      }
      expect(await findTakenRoutes()).toEqual([])
      expect(await node(0).web.reach(tcp(node(1).address))).toMatchObject({ delivered: true })
    } finally {
      for (const command of undo) await machine.run(['sh', '-c', command])
    }
  })

  test('the network of an interface that is added over a block takes the packets, and apply restores the route after it is gone', async () => {
    const { host, file } = node(0)
    const { machine } = host
    const [block = '', block6 = ''] = node(1).blocks
    const before = await routesOf(host)
    const command = ['plan', '-f', file, '--backend', 'nftables', '--json'] as const
    await machine.ip(
      ...['link add lan0 type veth peer name lan1', 'link set dev lan0 up', 'link set dev lan1 up'],
      ...[`addr add ${at(block, 1)}/24 dev lan0`, `addr add ${at(block6, 1)}/64 dev lan0 nodad`],
    )
    try {
      expect(await machine.mustRun(['ip', 'route', 'get', at(block, 77)])).toContain('via')
      const { conflicts } = JSON.parse((await host.portolan(...command)).stdout)
      expect(conflicts).toEqual(
        [block, block6].map((prefix) =>
          expect.objectContaining({
            ...{ kind: 'BlockRouteTaken', prefix },
            remedy: { commands: [], text: expect.stringMatching(/^It is the network of lan0: /) },
          }),
        ),
      )
      await applyOn(host, file)
      expect(await routesOf(host)).toEqual([])
      for (const address of [at(block, 77), at(block6, 77)])
        expect(await machine.mustRun(['ip', 'route', 'get', address])).toMatch(/^\S+ (from :: )?dev lan0 /)
    } finally {
      await machine.ip('link del lan0')
      await applyOn(host, file)
    }
    expect(await routesOf(host)).toEqual(before)
  })

  test.each(['before', 'after'] as const)(
    'an address with a peer in a block, added %s the route, is a conflict until the printed command has been run',
    async (when) => {
      const { host, file } = node(0)
      const { machine } = host
      const [block = '', block6 = ''] = node(1).blocks
      const before = await routesOf(host)
      const findTakenRoutes = async (): Promise<readonly { remedy: { commands: readonly string[] } }[]> =>
        JSON.parse(
          (await host.portolan('conflicts', '-f', file, '--backend', 'nftables', '--json')).stdout,
        ).conflicts.filter(({ kind }: { readonly kind: string }) => kind === 'BlockRouteTaken')
      await machine.ip(
        'link add ptp0 type veth peer name ptp1',
        'link set dev ptp0 up',
        'link set dev ptp1 up',
      )
      try {
        if (when === 'before')
          await machine.run(['sh', '-c', 'ip -4 route flush proto 143; ip -6 route flush proto 143'])
        await machine.ip(
          `addr add 172.31.0.1 peer ${block} dev ptp0`,
          `addr add fd00:31::1 peer ${block6} dev ptp0 nodad`,
        )
        const conflicts = await findTakenRoutes()
        expect(conflicts).toHaveLength(2)
        for (const { remedy } of conflicts)
          for (const command of remedy.commands) await machine.mustRun(['sh', '-c', command])
        expect(await findTakenRoutes()).toEqual([])
      } finally {
        await machine.ip('link del ptp0')
        await applyOn(host, file)
      }
      expect(await routesOf(host)).toEqual(before)
    },
  )

  test.each([
    ['unreachable to BLOCK'],
    ['blackhole to BLOCK pref 0'],
    ['prohibit to ADDRESS'],
    ['to BLOCK lookup 78 pref 0'],
    ['to BLOCK lookup 78 pref 1'],
  ])('the routing rule `%s` is a conflict until the printed command has been run', async (rule) => {
    const { host, file } = node(0)
    const { machine } = host
    const findTakenRoutes = async (): Promise<
      readonly { prefix: string; remedy: { commands: readonly string[] } }[]
    > =>
      JSON.parse(
        await host.must('conflicts', '-f', file, '--backend', 'nftables', '--json'),
      ).conflicts.filter(({ kind }: { readonly kind: string }) => kind === 'BlockRouteTaken')
    const rules = ['-4', '-6'].map((family) => ['ip', family, 'rule'])
    const save = () => Promise.all(rules.map((words) => machine.mustRun(words)))
    const before = await save()
    const undo: string[] = []
    try {
      for (const [index, block] of node(1).blocks.entries()) {
        const family = index === 0 ? '-4' : '-6'
        const words = rule.replace('BLOCK', block).replace('ADDRESS', at(block, 10))
        await machine.mustRun(['sh', '-c', `ip ${family} rule add ${words}`])
        await machine.mustRun(['sh', '-c', `ip ${family} route add unreachable ${block} table 78`])
        undo.push(`ip ${family} rule del ${words}; ip ${family} route flush table 78`)
      }
      expect(await node(0).web.probe(tcp(node(1).address, 81))).toMatchObject({ delivered: false })
      const conflicts = await findTakenRoutes()
      expect(conflicts.map(({ prefix }) => prefix)).toEqual(node(1).blocks)
      for (const command of conflicts.flatMap(({ remedy }) => remedy.commands)) {
        if (command.includes(' add ')) undo.push(command.replace(' add ', ' del '))
        await machine.mustRun(['sh', '-c', command])
      }
      expect(await findTakenRoutes()).toEqual([])
      expect(await node(0).web.reach(tcp(node(1).address, 81))).toMatchObject({ delivered: true })
    } finally {
      for (const command of undo) await machine.run(['sh', '-c', command])
    }
    expect(await save()).toEqual(before)
  })

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

  test('watch makes a route again when the foreign route, network or dead link in its way is gone', async () => {
    const { host, file } = node(0)
    const { machine } = host
    const [block = '', block6 = ''] = node(1).blocks
    const [own = ''] = node(0).blocks
    const before = await routesOf(host)
    const watching = machine.start(
      [
        ...['sh', '-c', 'exec "$@" > /run/lab/in-the-way', 'sh', process.execPath, portolan],
        ...['watch', '-f', file, '--backend', 'nftables', '--cluster', site().url, '--json'],
      ],
      { environment: { NODE_OPTIONS: '', HOME: '/run/lab' }, timeoutMs: 120_000 },
    )
    const events = async (): Promise<readonly { readonly kind: string }[]> =>
      (await machine.run(['cat', '/run/lab/in-the-way'])).stdout
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line))
    const count = async (kind: string): Promise<number> =>
      (await events()).filter((event) => event.kind === kind).length
    const untilRestored = (): Promise<void> =>
      untilRoutes(host, `${before}`, (now) => now.join() === before.join(), watching)
    const untilCount = (kind: string, wanted: number): Promise<unknown> =>
      until(`${wanted} of ${kind}`, async () => (await count(kind)) === wanted, {
        beside: watching,
        shows: events,
      })
    try {
      await untilCount('watching', 1)
      const made = ['link add dm0 type veth peer name dm1', 'link set dm1 up', 'link set dm0 up']
      const theirs = [`route replace ${block} dev dm0`, `route replace ${block6} dev dm0`]
      const network = [`addr add ${at(block, 1)}/24 dev dm0`, `addr add ${at(block6, 1)}/64 dev dm0 nodad`]
      // Three cases: the printed remedy; a command that ends both routes at once without a message about the IPv4 one;
      // and a network of the interface, whose route comes after Portolan's.
      for (const [at, [comes, goes]] of [
        [[...made, ...theirs], theirs.map((route) => route.replace('replace', 'del'))],
        [theirs, ['link del dm0']],
        [[...made, ...network], ['link del dm0']],
      ].entries()) {
        await machine.ip(...(comes ?? []))
        await untilCount('conflict', 2 * at + 2)
        expect(await routesOf(host)).toEqual([])
        await machine.ip(...(goes ?? []))
        await untilRestored()
        await untilCount('conflict-gone', 2 * at + 2)
      }
      // The same for routes whose host could not be reached at the watch's last plan.
      const gateway = `${at(own, 1)}/24`
      await machine.ip('link set eth0 down', `addr del ${gateway} dev br-web`)
      const addressesNow = (): Promise<string> => machine.mustRun(['ip', 'addr', 'show', 'br-web'])
      await until('the gateway', async () => (await addressesNow()).includes(gateway), {
        beside: watching,
        shows: addressesNow,
      })
      expect(await routesOf(host)).toEqual([])
      await machine.ip('link set eth0 up', `addr add ${clusterAddress(11, 'ip6')}/64 dev eth0 nodad`)
      await untilRestored()
      const repaired = async (what: string): Promise<number> =>
        (await events()).filter(
          (event) =>
            'outcome' in event &&
            event.outcome === 'repaired' &&
            JSON.stringify(event).includes(`"add","object":"route ${what}"`),
        ).length
      for (const one of [block, block6])
        await until(`four repairs of ${one}`, async () => (await repaired(one)) === 4, {
          beside: watching,
          shows: events,
        })
    } finally {
      watching.kill('SIGTERM')
      await watching.outcome
    }
  })

  test('watch repairs a deleted route, removes it when its host leaves, and makes it to the next host with that block', async () => {
    const { host, file } = node(0)
    const watching = host.start(
      'watch',
      '-f',
      file,
      '--backend',
      'nftables',
      '--cluster',
      site().url,
      '--json',
    )
    try {
      const [route = ''] = await routesOf(host)
      await host.machine.ip(`route del ${route}`)
      await untilRoutes(host, 'two routes', ({ length }) => length === 2, watching)

      // The second host leaves, and the third one gets its block.
      const [, second, third] = site().hosts
      const [block = ''] = node(1).blocks
      await second?.must('destroy', '--all', '--yes')
      await second?.must('cluster', 'release', '--cluster', site().url)
      await untilRoutes(host, 'no route', ({ length }) => length === 0, watching)
      const claimed = await third?.must(
        ...['cluster', 'join', '--member', 'h3', '--cluster', site().url, '--count', '15', '--json'],
      )
      expect(fromJson<{ readonly blocks: unknown }>(claimed ?? '{}').blocks).toContainEqual(
        expect.objectContaining({ block }),
      )
      const moved = `${block} via ${clusterAddress(13)} dev eth0`
      await untilRoutes(host, moved, (now) => now.includes(moved), watching)
    } finally {
      watching.kill('SIGTERM')
      await watching.outcome
    }
  })

  test('plan, conflicts and watch report a block that was taken from this host, and status does after the watch', async () => {
    const { host, file } = node(0)
    const cluster = ['--cluster', site().url] as const
    const words = ['-f', file, '--backend', 'nftables', ...cluster] as const
    const memory = () => host.machine.mustRun(['cat', '/var/lib/portolan/cluster.json'])
    const before = await memory()
    const watching = host.machine.start(
      [
        ...['sh', '-c', 'exec "$@" > /run/lab/told', 'sh', process.execPath, portolan],
        ...['watch', ...words, '--json'],
      ],
      { environment: { NODE_OPTIONS: '', HOME: '/run/lab' }, timeoutMs: 120_000 },
    )
    const printed = async (): Promise<string> => (await host.machine.run(['cat', '/run/lab/told'])).stdout
    const untilPrinted = (text: string): Promise<unknown> =>
      until(text, async () => (await printed()).includes(text), { beside: watching, shows: printed })
    try {
      await untilPrinted('"kind":"watching"')
      await forgetAlive(site(), 'h1')
      const [, , third] = site().hosts
      await third?.must('cluster', 'reclaim', '--member', 'h1', '--grace', '0', '--yes', ...cluster)
      const planned = JSON.parse((await host.portolan('plan', ...words, '--json')).stdout)
      const message = expect.stringMatching(/block 10\..* of cluster lab no longer belongs to this host/)
      const lost = { kind: 'SubnetOverlap', severity: 'error', message }
      expect(planned.conflicts).toContainEqual(expect.objectContaining(lost))
      const found = await host.portolan('conflicts', ...words, '--json')
      expect(fromJson<{ readonly conflicts: unknown }>(found.stdout).conflicts).toContainEqual(
        expect.objectContaining(lost),
      )
      // A plan changes nothing.
      expect(await memory()).toBe(before)
      await untilPrinted('"SubnetOverlap"')
      expect((await host.portolan('status')).stdout).toContain('no longer belongs to this host')
      // The host comes back with its block, because no other host has taken it.
      await host.must('cluster', 'join', ...cluster)
      await untilRoutes(host, '30 routes', ({ length }) => length === 30, watching)
      expect((await host.portolan('conflicts', ...words, '--json')).stdout).not.toContain('SubnetOverlap')
    } finally {
      watching.kill('SIGTERM')
      await watching.outcome
    }
  })

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

  test('watch and plan report lost blocks that no network uses, and the watch removes the routes', async () => {
    const [first, , third] = site().hosts
    if (first === undefined || third === undefined) throw new Error('there are three hosts')
    const cluster = ['--cluster', site().url] as const
    const file = await third.write(
      'elsewhere.yaml',
      'name: elsewhere\nnetworks: {web: {ipam: {config: [{subnet: 10.99.0.0/24}]}}}\nservices: {a: {networks: [web]}}\n',
    )
    await third.must('cluster', 'join', '--member', 'h3', '--count', '12', ...cluster)
    await applyOn(third, file, ...cluster)
    expect(await routesOf(third)).not.toEqual([])
    const words = ['-f', file, '--backend', 'iptables-legacy'] as const
    const watching = third.machine.start(
      [
        ...['sh', '-c', 'exec "$@" 2> /run/lab/third-told', 'sh', process.execPath, portolan],
        ...['watch', ...words, ...cluster, '--json'],
      ],
      { environment: { NODE_OPTIONS: '', HOME: '/run/lab' }, timeoutMs: 120_000 },
    )
    const printed = async (): Promise<string> =>
      (await third.machine.run(['cat', '/run/lab/third-told'])).stdout
    try {
      await forgetAlive(site(), 'h3')
      await first.must('cluster', 'reclaim', '--member', 'h3', '--grace', '0', '--yes', ...cluster)
      await untilRoutes(third, 'no route', ({ length }) => length === 0, watching)
      const lostBlocks =
        /^(?:\S+Z )?portolan: Blocks 10\..* no longer belong to this host: no host has them now.*no other IPv4 block/m
      await until('blocks that are lost', async () => lostBlocks.test(await printed()), {
        beside: watching,
        shows: printed,
      })
    } finally {
      watching.kill('SIGTERM')
      await watching.outcome
    }
    const note = /^Blocks 10\..* no longer belong to this host: .*no other IPv4 block.*`portolan cluster join/
    // With a named cluster and without, and in both output formats.
    for (const more of [cluster, []]) {
      const { stdout } = await third.portolan('plan', ...words, ...more, '--json')
      expect(fromJson<{ readonly notes: unknown }>(stdout).notes).toContainEqual({
        text: expect.stringMatching(note),
        place: null,
      })
      expect((await third.portolan('plan', ...words, ...more)).stdout).toContain('no longer belong')
    }
    await third.must('destroy', '-f', file, '--yes')
    await third.must('cluster', 'join', '--count', '12', ...cluster)
  })

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
