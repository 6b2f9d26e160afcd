import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fromJson } from '../from-json.ts'
import { type Answer, eachPort, type NetworkAnswer, type ServiceAnswer, sorted, words } from './answer.ts'
import type { Case } from './case.ts'
import { inFolderOf } from './folder.ts'

/** The parts of `docker-compose config --format json` that Portolan reads too. */
interface Model {
  readonly name: string
  readonly networks?: Readonly<Record<string, Network | null>>
  readonly services?: Readonly<Record<string, Service>>
}

interface Network {
  readonly name?: string
  readonly external?: boolean
  readonly internal?: boolean
  readonly enable_ipv6?: boolean
  readonly driver_opts?: Readonly<Record<string, string>>
  readonly ipam?: {
    readonly config?: readonly {
      readonly subnet?: string
      readonly gateway?: string
      readonly ip_range?: string
    }[]
  }
}

interface Service {
  readonly network_mode?: string
  readonly mac_address?: string
  readonly networks?: Readonly<
    Record<string, { ipv4_address?: string; ipv6_address?: string; mac_address?: string } | null>
  >
  readonly ports?: readonly { host_ip?: string; published?: string; target: number; protocol?: string }[]
  readonly scale?: number
  readonly deploy?: { readonly replicas?: number }
}

/** The answer of `docker-compose config` to a case. It needs no daemon. */
export const answerOfCompose = (project: Case): Answer =>
  inFolderOf(project, (folder) => {
    const { status, stdout, stderr } = spawnSync(
      'docker-compose',
      [...(project.words ?? []), 'config', '--format', 'json'],
      {
        cwd: folder,
        env: { PATH: process.env.PATH, HOME: tmpdir(), ...project.environment },
        encoding: 'utf8',
        timeout: 20_000,
      },
    )
    if (status === 0) return answerOf(fromJson(stdout))
    const why = stderr
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('time='))
      .join(' ')
      .replace(/\/\S*portolan-compose-\w+/g, '')
    return { kind: 'refused', why: why.slice(0, 200) }
  })

const answerOf = ({ name, networks = {}, services = {} }: Model): Answer => ({
  kind: 'read',
  project: name,
  networks: Object.fromEntries(
    Object.entries(networks).map(([key, network]) => [key, networkOf(key, network ?? {})]),
  ),
  services: Object.fromEntries(
    Object.entries(services).flatMap(([key, service]) => {
      const read = serviceOf(service)
      return read === null ? [] : [[key, read]]
    }),
  ),
})

/** A file can set only the name of an external network. */
const networkOf = (key: string, network: Network): NetworkAnswer =>
  network.external === true
    ? { external: network.name ?? key, internal: false, ip6: false, subnets: [], bridge: null }
    : ownNetwork(network)

const ownNetwork = (network: Network): NetworkAnswer => ({
  external: null,
  internal: network.internal === true,
  ip6: network.enable_ipv6 === true,
  subnets: sorted(
    (network.ipam?.config ?? [])
      .filter(({ subnet }) => subnet !== undefined)
      .map(({ subnet, gateway, ip_range }) => words(subnet, gateway, ip_range)),
  ),
  bridge: network.driver_opts?.['com.docker.network.bridge.name'] ?? null,
})

/** Null: the service has no endpoint of its own, because of its `network_mode` or without a container. */
const serviceOf = (service: Service): ServiceAnswer | null => {
  const replicas = service.scale ?? service.deploy?.replicas ?? 1
  if (replicas === 0 || (service.network_mode ?? '') !== '') return null
  return {
    replicas,
    networks: sorted(
      Object.entries(service.networks ?? {}).map(([name, at]) =>
        words(name, at?.ipv4_address, at?.ipv6_address, at?.mac_address ?? service.mac_address),
      ),
    ),
    ports: sorted(
      (service.ports ?? []).flatMap(({ host_ip = '', published = '', target, protocol = 'tcp' }) =>
        eachPort(host_ip, published === '0' ? '' : published, `${target}`, protocol.toLowerCase()),
      ),
    ),
  }
}
