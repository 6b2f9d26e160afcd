import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  type ClusterHostMachine,
  type ClusterSite,
  clusterAddress,
  openClusterSite,
} from '../lab/cluster-site.ts'
import type { Container } from '../lab/container.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'

let opened: ClusterSite | null = null
const site = (): ClusterSite => {
  if (opened === null) throw new Error('the hosts have not been started')
  return opened
}

/** A host of the cluster with one network in its block, and one container there. */
interface Node {
  readonly host: ClusterHostMachine
  readonly file: string
  readonly blocks: readonly string[]
  readonly web: Container
  readonly address: string
  readonly address6: string
}

const at = (block: string, last: number): string => block.replace(/0\/24$|\/64$/, String(last))

const backends = { h1: 'nftables', h2: 'iptables-nft', h3: 'nftables' } as const

const applyOn = (host: ClusterHostMachine, file: string, ...words: readonly string[]): Promise<string> =>
  host.must(
    'apply',
    '-f',
    file,
    '--backend',
    backends[host.machine.name as keyof typeof backends],
    '--yes',
    ...words,
  )

const settle = async (host: ClusterHostMachine): Promise<Node> => {
  const { name } = host.machine
  const joined = JSON.parse(
    await host.must('cluster', 'join', '--member', name, '--cluster', site().url, '--json'),
  )
  const blocks: readonly string[] = joined.blocks.map(({ block }: { readonly block: string }) => block)
  const [block = '', block6 = ''] = blocks
  const file = await host.write(
    'compose.yaml',
    `
name: shop
networks:
  default:
    enable_ipv6: true
    driver_opts: {com.docker.network.bridge.name: br-web}
    ipam: {config: [{subnet: ${block}, gateway: ${at(block, 1)}}, {subnet: '${block6}', gateway: '${at(block6, 1)}'}]}
  back: {internal: true}
services:
  web: {ports: ["8080:80"], networks: {default: {ipv4_address: ${at(block, 10)}, ipv6_address: '${at(block6, 10)}'}}}
`,
  )
  await applyOn(host, file, '--cluster', site().url)
  const web = await host.container({
    name: `web-${name}`,
    bridge: 'br-web',
    address: `${at(block, 10)}/24`,
    address6: `${at(block6, 10)}/64`,
    gateway: at(block, 1),
    gateway6: at(block6, 1),
    services: [
      { protocol: 'tcp', port: 80 },
      { protocol: 'tcp', port: 81 },
    ],
  })
  return { host, file, blocks, web, address: at(block, 10), address6: at(block6, 10) }
}

const nodes: Node[] = []
const node = (index: number): Node => {
  const found = nodes[index]
  if (found === undefined) throw new Error(`there is no node ${index}`)
  return found
}

const tcp = (destination: string, port = 80) => ({ protocol: 'tcp' as const, destination, port })

describeBeside('routes to the blocks of other hosts', ['etcd'], () => {
  beforeAll(async () => {
    opened = await openClusterSite(3)
    const [first, second] = opened.hosts
    await first?.must(
      'cluster',
      'init',
      '--pool',
      '10.64.0.0/20:24',
      '--pool',
      'fd00:1234::/56:64',
      '--cluster',
      opened.url,
    )
    for (const host of [first, second]) if (host !== undefined) nodes.push(await settle(host))
    // The first host joined before there was another.
    await applyOn(node(0).host, node(0).file, '--cluster', opened.url)
  })
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]()
  })

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
    expect(clusterAddress(9)).toBe('192.0.2.9')
  })
})
