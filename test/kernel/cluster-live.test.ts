import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import {
  type ClusterHostMachine,
  type ClusterSite,
  clusterAddress,
  openClusterSite,
} from '../lab/cluster-site.ts'
import { Disposables } from '../lab/disposables.ts'
import { createMachine, type Machine } from '../lab/machine.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import type { Running } from '../lab/run.ts'
import { until } from '../lab/until.ts'
import { routesOf, untilRoutes } from './cluster/site-routes.ts'

const plugin = fileURLToPath(new URL('../../packages/cni/bin/portolan-cni.js', import.meta.url))

const portolan = fileURLToPath(new URL('../../packages/portolan/bin/portolan.js', import.meta.url))

const disposables = new Disposables()
let opened: ClusterSite | null = null
const site = (): ClusterSite => {
  if (opened === null) throw new Error('the hosts have not been started')
  return opened
}

/** Each host has another backend. The routes between hosts do not depend on it. */
const backends = { h1: 'nftables', h2: 'iptables-nft', h3: 'iptables-legacy' } as const
type HostName = keyof typeof backends

const hostOf = (name: HostName): ClusterHostMachine => {
  const found = site().hosts.find(({ machine }) => machine.name === name)
  if (found === undefined) throw new Error(`there is no host ${name}`)
  return found
}

interface Pod {
  readonly machine: Machine
  readonly address: string
  readonly address6: string
  /** The result of its ADD. */
  readonly result: object
}

const callPlugin = async (name: HostName, verb: string, pod: Machine, more: object = {}): Promise<string> => {
  const config = { cniVersion: '1.1.0', name: 'pods', type: 'portolan-cni', ipv6: true, ...more }
  const { exitCode, stdout, stderr } = await hostOf(name).machine.run([process.execPath, plugin], {
    input: JSON.stringify({ ...config, backend: backends[name] }),
    environment: {
      NODE_OPTIONS: '',
      XDG_CONFIG_HOME: '/run/lab/config',
      CNI_COMMAND: verb,
      CNI_PATH: '/opt/cni/bin',
      CNI_CONTAINERID: pod.name,
      CNI_NETNS: `/proc/${pod.pid}/ns/net`,
      CNI_IFNAME: 'eth0',
    },
  })
  if (exitCode !== 0) throw new Error(`${verb} on ${name} exited with ${exitCode}: ${stderr}${stdout}`)
  return stdout
}

/** A container that a runtime hands to the plugin. On this host the runtime does nothing else. */
const addPod = async (name: HostName, pod: string): Promise<Pod> => {
  const machine = disposables.use(await createMachine(pod))
  const result = JSON.parse(await callPlugin(name, 'ADD', machine))
  const [address = '', address6 = ''] = result.ips.map((one: { readonly address: string }) =>
    one.address.replace(/\/\d+$/, ''),
  )
  await machine.listen({ protocol: 'tcp', port: 80 })
  return { machine, address, address6, result }
}

const join = (name: HostName): Promise<string> =>
  hostOf(name).must('cluster', 'join', '--member', name, '--cluster', site().url)

const expectMutualReach = async (one: Pod, other: Pod): Promise<void> => {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const)
    for (const family of ['address', 'address6'] as const)
      expect(await from.machine.reach({ protocol: 'tcp', destination: to[family], port: 80 })).toMatchObject({
        delivered: true,
        by: to.machine.name,
        source: from[family],
      })
}

const countRoutes = async (name: HostName): Promise<number> => (await routesOf(hostOf(name))).length

describeBeside('hosts of a cluster with containers of the CNI plugin', ['etcd'], () => {
  const pods: Pod[] = []
  const pod = (index: number): Pod => {
    const found = pods[index]
    if (found === undefined) throw new Error(`there is no pod ${index}`)
    return found
  }
  beforeAll(async () => {
    opened = await openClusterSite(3)
    for (const { machine, write } of opened.hosts) {
      await machine.mustRun(['mkdir', '-p', '/run/lab/config/portolan'])
      await write('config/portolan/config.yaml', `cluster: ${opened.url}\n`)
    }
    const pools = ['--pool', '10.64.0.0/20:24', '--pool', 'fd00:1234::/56:64']
    await hostOf('h1').must('cluster', 'init', ...pools, '--cluster', opened.url)
    await join('h1')
    pods.push(await addPod('h1', 'one'))
    await join('h2')
    pods.push(await addPod('h2', 'two'))
  })
  afterAll(async () => {
    await disposables.close()
    await opened?.[Symbol.asyncDispose]()
  })

  test('an ADD makes the routes to the hosts that joined after the network was made', async () => {
    await join('h1')
    expect(await countRoutes('h1')).toBe(0)
    // A change that is known but not active yet is no fault of a container, so CHECK succeeds.
    await callPlugin('h1', 'CHECK', pod(0).machine, { prevResult: pod(0).result })
    pods.push(await addPod('h1', 'three'))
    expect(await countRoutes('h1')).toBe(2)
    await expectMutualReach(pod(0), pod(1))
    await expectMutualReach(pod(2), pod(1))
  })

  test('packets to machines outside the cluster are masqueraded, and other machines reach no container', async () => {
    const { client } = site()
    await client.listen({ protocol: 'tcp', port: 90 })
    const elsewhere = { protocol: 'tcp', destination: clusterAddress(9), port: 90 } as const
    expect(await pod(0).machine.reach(elsewhere)).toMatchObject({ source: clusterAddress(11) })
    await client.ip(`route add ${pod(0).address}/32 via ${clusterAddress(11)}`)
    for (const machine of [client, hostOf('h2').machine])
      expect(await machine.probe({ protocol: 'tcp', destination: pod(0).address, port: 80 })).toMatchObject({
        delivered: false,
      })
  })

  test('a second ADD of the same container changes no rule, and status reports no drift', async () => {
    const rules = await hostOf('h1').machine.mustRun(['nft', 'list', 'ruleset'])
    const result = fromJson<unknown>(await callPlugin('h1', 'ADD', pod(0).machine))
    await callPlugin('h1', 'CHECK', pod(0).machine, { prevResult: result })
    expect(await hostOf('h1').machine.mustRun(['nft', 'list', 'ruleset'])).toBe(rules)
    const status = JSON.parse(await hostOf('h1').must('status', '--json'))
    expect(status.networks).toMatchObject([{ name: 'pods', drift: 'none' }])
  })

  test.each([
    ['h1', 'lost', null],
    ['h1', 'empty', ''],
    ['h1', 'truncated', '{"version": 1, "cluster": "lab", "host": "h1", "rev'],
    ['h1', 'of another shape', '{"version": 1, "cluster": "lab", "others": {}}'],
    ['h2', 'no JSON', 'lab'],
  ] as const)(
    'on %s a stored list of other hosts that is %s removes no rule and no route, and join writes it again',
    async (name, _, text) => {
      const { machine, must } = hostOf(name)
      const file = '/var/lib/portolan/cluster-neighbours.json'
      const listRules = ['sh', '-c', 'nft list ruleset | sed "s/counter packets [0-9]* bytes [0-9]*//"']
      const own = pod(name === 'h1' ? 0 : 1)
      await callPlugin(name, 'ADD', own.machine)
      const before = [await machine.mustRun(listRules), await countRoutes(name)]
      if (text === null) await machine.mustRun(['rm', file])
      else await machine.writeText(file, text)
      await callPlugin(name, 'ADD', own.machine)
      expect([await machine.mustRun(listRules), await countRoutes(name)]).toEqual(before)
      const unreadNotes = async () => JSON.parse(await must('status', '--json')).unread
      const expectedNote =
        text === null
          ? /remembers no other host[\s\S]*cluster join/
          : /neighbours\.json is damaged[\s\S]*cluster join/
      expect(await unreadNotes()).toEqual([expect.stringMatching(expectedNote)])
      await join(name)
      expect(await unreadNotes()).toEqual([])
      await expectMutualReach(pod(0), pod(1))
    },
  )

  test('an ADD for a new network is refused with the damaged file where the stored blocks cannot be read, and routes stay', async () => {
    const { machine } = hostOf('h1')
    const file = '/var/lib/portolan/cluster.json'
    const intactText = await machine.readText(file)
    await machine.writeText(file, intactText.slice(0, 60))
    try {
      const addToNewNetwork = callPlugin('h1', 'ADD', pod(0).machine, { name: 'more' })
      await expect(addToNewNetwork).rejects.toThrow(`${file} is damaged`)
      await callPlugin('h1', 'ADD', pod(0).machine)
      expect(await countRoutes('h1')).toBe(2)
    } finally {
      await machine.writeText(file, intactText)
    }
  })

  test('a watch makes and removes routes as hosts join and leave, and leaves routes of other programs alone', async () => {
    const running: Running[] = [
      hostOf('h1').start('cluster', 'join', '--watch', '--member', 'h1', '--cluster', site().url),
      hostOf('h1').machine.start(
        [
          ...['sh', '-c', 'exec "$@" > /run/lab/live-told', 'sh', process.execPath, portolan],
          ...['watch', '-p', 'cni', '--backend', 'nftables'],
        ],
        { environment: { NODE_OPTIONS: '', HOME: '/run/lab', NO_COLOR: '1' }, timeoutMs: 120_000 },
      ),
    ]
    try {
      await join('h3')
      pods.push(await addPod('h3', 'four'))
      const routesAre = (count: number): Promise<void> =>
        untilRoutes(hostOf('h1'), `${count} routes`, ({ length }) => length === count, running[1])
      await routesAre(4)
      await until('the container of h3', async () => {
        const probe = { protocol: 'tcp', destination: pod(0).address, port: 80 } as const
        return (await pod(3).machine.probe(probe)).delivered
      })
      await expectMutualReach(pod(0), pod(3))
      // Another program's routes to these blocks are left alone as long as they exist.
      const { machine } = hostOf('h1')
      const blocks = (await routesOf(hostOf('h1'))).flatMap((route) => route.split(' ', 1))
      await machine.ip(
        ...['link add dm0 type veth peer name dm1', 'link set dm1 up', 'link set dm0 up'],
        ...blocks.map((block) => `route replace ${block} dev dm0`),
      )
      const printed = async (): Promise<string> => machine.readText('/run/lab/live-told')
      await until(
        'four routes that are taken',
        async () => (await printed()).split('BlockRouteTaken').length === 5,
        {
          beside: running[1],
          shows: printed,
        },
      )
      expect(await countRoutes('h1')).toBe(0)
      await machine.ip('link del dm0')
      await routesAre(4)
      await until(
        'four routes that are free again',
        async () => (await printed()).split('no longer: BlockRouteTaken').length === 5,
        { beside: running[1], shows: printed },
      )
      const elsewhere = { protocol: 'tcp', destination: clusterAddress(9), port: 90 } as const
      expect(await pod(3).machine.reach(elsewhere)).toMatchObject({ source: clusterAddress(13) })
      await site().client.ip(`route add ${pod(3).address}/32 via ${clusterAddress(13)}`)
      expect(
        await site().client.probe({ protocol: 'tcp', destination: pod(3).address, port: 80 }),
      ).toMatchObject({ delivered: false })
      await hostOf('h3').must('destroy', '--all', '--yes')
      await hostOf('h3').must('cluster', 'release', '--cluster', site().url, '--force')
      await routesAre(2)
    } finally {
      for (const one of running) one.kill('SIGTERM')
      for (const one of running) await one.outcome
    }
  })

  test('a watch reports a lost block when the host has released it', async () => {
    const { machine, must } = hostOf('h2')
    const config = ['env', 'XDG_CONFIG_HOME=/run/lab/config', 'NODE_OPTIONS=']
    const watch = `exec "$@" watch -p cni --backend iptables-nft --metrics 127.0.0.1:9400 --json > /run/lab/told`
    const program = ['sh', '-c', watch, 'sh', process.execPath, portolan]
    const running = machine.start([...config, ...program], { timeoutMs: 120_000 })
    const printed = async (): Promise<string> => (await machine.run(['cat', '/run/lab/told'])).stdout
    const untilPrinted = (kind: string): Promise<unknown> =>
      until(kind, async () => (await printed()).includes(`"kind":"${kind}"`), {
        beside: running,
        shows: printed,
      })
    try {
      await untilPrinted('watching')
      const metrics = await machine.mustRun(['curl', '-s', 'http://127.0.0.1:9400/metrics'])
      const block = pod(1).address.replace(/\d+$/, '0/24:24')
      expect(metrics).toContain(`portolan_pool_subnets_used{pool="${block}"} 1`)
      expect(metrics).not.toContain('pool="classic"')
      await must('cluster', 'release', '--force', '--cluster', site().url)
      await untilPrinted('SubnetOverlap')
    } finally {
      running.kill('SIGTERM')
      await running.outcome
    }
  })

  test('destroy of the last network removes the routes', async () => {
    await hostOf('h1').must('destroy', '--all', '--yes')
    expect(await countRoutes('h1')).toBe(0)
  })
})
