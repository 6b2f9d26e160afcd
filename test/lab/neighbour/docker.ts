import { readFile } from 'node:fs/promises'
import { askDocker, dockerSocket, portBindings } from './docker-api.ts'
import { type Daemon, type EngineHost, engineRoom } from './engine-room.ts'
import { enterContainer, type ForeignContainer, type ForeignContainerOptions } from './foreign-container.ts'
import { stillCommand, stillImage } from './still-image.ts'

/**
 * dockerd with its own containerd on a lab's host. A restart of dockerd starts its containers again. See
 * engine-room.ts.
 */
export interface Docker {
  run(options: ForeignContainerOptions): Promise<ForeignContainer>
  /** Enters a running container again: after a restart of dockerd it has a new namespace. */
  enter(options: ForeignContainerOptions): Promise<ForeignContainer>
  remove(name: string): Promise<void>
  createNetwork(options: DockerNetwork): Promise<void>
  removeNetwork(name: string): Promise<void>
  /** Sends one request of the Engine API; throws dockerd's message when it refuses. */
  api(method: string, path: string, body?: unknown): Promise<unknown>
  stop(): Promise<void>
  start(): Promise<void>
  restart(): Promise<void>
  /** Sends SIGHUP: dockerd reads its configuration again. */
  reload(): Promise<void>
}

export interface DockerNetwork {
  readonly name: string
  readonly subnet?: string
  readonly subnet6?: string
  readonly gateway?: string
  /** The name of the bridge; default: Docker's choice. */
  readonly bridge?: string
  readonly internal?: boolean
  readonly options?: Readonly<Record<string, string>>
}

interface Inspected {
  readonly State: { readonly Running: boolean }
  readonly NetworkSettings: {
    readonly SandboxKey: string
    readonly Networks: Readonly<
      Record<string, { readonly IPAddress: string; readonly GlobalIPv6Address: string }>
    >
  }
}

/** @param settings - the keys of daemon.json, such as `{ 'userland-proxy': false, bip: '172.30.0.1/16' }` */
export const startDocker = async (
  lab: EngineHost,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Docker> => {
  const room = await engineRoom(lab)
  const api: Docker['api'] = (method, path, body) => askDocker(room, method, path, body)
  await room.mustRun(['mkdir', '-p', '/etc/docker'])
  const file = { experimental: true, ip6tables: true, 'cgroup-parent': `/${room.cgroup}`, ...settings }
  await lab.host.writeText('/etc/docker/daemon.json', JSON.stringify(file))
  const serves = (): Promise<boolean> =>
    api('GET', '/_ping').then(
      (text) => text === 'OK',
      () => false,
    )
  const command = [
    'dockerd',
    '--log-level',
    'error',
    '--storage-driver',
    'vfs',
    '--host',
    `unix://${dockerSocket}`,
  ]
  const launch = (): Promise<Daemon> => room.daemon('dockerd', command, serves)
  let daemon = await launch()
  await api(
    'POST',
    '/images/create?fromSrc=-&repo=still&tag=1',
    await readFile(room.outside(await stillImage(room))),
  )
  const docker: Docker = {
    api,
    async run(options) {
      const { name, network = 'bridge', publish = [], address } = options
      const { ExposedPorts, PortBindings } = portBindings(publish)
      const endpoint = address === undefined ? {} : { IPAMConfig: { IPv4Address: address } }
      await api('POST', `/containers/create?name=${name}`, {
        Image: 'still:1',
        Cmd: stillCommand,
        StopSignal: 'SIGKILL',
        ExposedPorts,
        HostConfig: { PortBindings, NetworkMode: network, RestartPolicy: { Name: 'always' } },
        NetworkingConfig: { EndpointsConfig: { [network]: endpoint } },
      })
      await api('POST', `/containers/${name}/start`)
      return docker.enter(options)
    },
    async enter(options) {
      const { name, network = 'bridge' } = options
      const { NetworkSettings: found } = (await api('GET', `/containers/${name}/json`)) as Inspected
      const own = found.Networks[network]
      if (own === undefined || found.SandboxKey === '')
        throw new Error(`${name} does not run: ${JSON.stringify(found)}`)
      return enterContainer(
        lab,
        room.outside(found.SandboxKey),
        { address: own.IPAddress, address6: own.GlobalIPv6Address || null },
        options,
      )
    },
    async remove(name) {
      await api('DELETE', `/containers/${name}?force=true`)
    },
    async createNetwork({ name, subnet, subnet6, gateway, bridge, internal, options }) {
      const config = [subnet, subnet6]
        .filter((one) => one !== undefined)
        .map((one) => ({ Subnet: one, ...(one === subnet && gateway ? { Gateway: gateway } : {}) }))
      await api('POST', '/networks/create', {
        Name: name,
        Driver: 'bridge',
        Internal: internal ?? false,
        EnableIPv6: subnet6 !== undefined,
        IPAM: { Config: config },
        Options: {
          ...(bridge === undefined ? {} : { 'com.docker.network.bridge.name': bridge }),
          ...options,
        },
      })
    },
    async removeNetwork(name) {
      await api('DELETE', `/networks/${name}`)
    },
    stop: () => daemon.stop(),
    async start() {
      daemon = await launch()
    },
    async restart() {
      await docker.stop()
      await docker.start()
    },
    reload: () => daemon.signal('HUP'),
  }
  return docker
}
