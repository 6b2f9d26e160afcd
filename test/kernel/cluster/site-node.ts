import { fromJson } from '../../from-json.ts'
import type { ClusterHostMachine } from '../../lab/cluster-site.ts'
import type { Container } from '../../lab/container.ts'

/** A host of the cluster with one network in its block, and one container on it. */
export interface Node {
  readonly host: ClusterHostMachine
  readonly file: string
  readonly blocks: readonly string[]
  readonly web: Container
  readonly address: string
  readonly address6: string
}

export const at = (block: string, last: number): string => block.replace(/0\/24$|\/64$/, String(last))

export const backends = { h1: 'nftables', h2: 'iptables-nft', h3: 'iptables-legacy' } as const

/** Applies a file on a host, with the host's backend. The routes between hosts do not depend on the backend. */
export const applyOn = (
  host: ClusterHostMachine,
  file: string,
  ...words: readonly string[]
): Promise<string> =>
  host.must(
    'apply',
    '-f',
    file,
    '--backend',
    backends[host.machine.name as keyof typeof backends],
    '--yes',
    ...words,
  )

/** Joins the cluster, and applies a project with a container. */
export const settle = async (host: ClusterHostMachine, url: string): Promise<Node> => {
  const { name } = host.machine
  const joined = JSON.parse(await host.must('cluster', 'join', '--member', name, '--cluster', url, '--json'))
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
  await applyOn(host, file, '--cluster', url)
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

/** The conflicts of networks and of the host that `portolan status` reports. */
export const statusConflicts = async (
  { host }: Node,
  ...words: readonly string[]
): Promise<readonly string[]> => {
  const { conflicts } = fromJson<{
    readonly conflicts: readonly { readonly kind: string; readonly message: string }[]
  }>(await host.must('status', ...words, '--json'))
  return conflicts.map(({ kind, message }) => `${kind}: ${message}`)
}

/** A probe of a container's port. */
export const tcp = (destination: string, port = 80) => ({ protocol: 'tcp' as const, destination, port })
