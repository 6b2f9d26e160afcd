import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromJson } from '../../from-json.ts'
import { type EngineHost, engineRoom } from './engine-room.ts'
import { enterContainer, type ForeignContainer, type ForeignContainerOptions } from './foreign-container.ts'
import { stillCommand, stillImage } from './still-image.ts'

/** Podman with netavark on a lab's host. Podman has no daemon, so nothing runs before the first container. */
export interface Podman {
  run(options: ForeignContainerOptions): Promise<ForeignContainer>
  remove(name: string): Promise<void>
  /** Runs `podman restart`, which gives the container a new network namespace. */
  restart(options: ForeignContainerOptions): Promise<ForeignContainer>
  /**
   * Runs `podman network create` with options such as `--subnet=10.89.7.0/24`, `--interface-name=br-pod`.
   *
   * @param name - a name with a letter after `f`. Podman refuses a name that is also the beginning of another
   *   network's random (hexadecimal) ID. `db` is one of 256 such beginnings
   */
  createNetwork(name: string, ...options: readonly string[]): Promise<void>
  /** Runs `podman network reload --all`, as an administrator does after a firewall was flushed. */
  reload(): Promise<void>
  /** Runs any other command and resolves with its standard output. */
  command(...words: readonly string[]): Promise<string>
}

const plugins = '/run/lab/plugins'

/** The path of this repository for programs in the room. */
export const treeInRoom = '/run/lab/tree'

// The room hides /opt and /root, and Node or this repository may be there.
const pluginScript = `
mkdir -p ${plugins} ${treeInRoom} /run/lab/node
mount --bind "$1" ${treeInRoom}
mount --bind "$2" /run/lab/node
printf '#!/bin/sh\nexec /run/lab/node/node ${treeInRoom}/packages/cni/bin/portolan-netavark.js "$@"\n' >${plugins}/portolan
chmod +x ${plugins}/portolan`

const tree = fileURLToPath(new URL('../../..', import.meta.url))

// crun refuses hybrid cgroups, but runc accepts them. Without journald there is no place for events and logs.
const configuration = (driver: string): string => `[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "runc"
[containers]
log_driver = "none"
cgroups = "no-conmon"
[network]
firewall_driver = "${driver}"
netavark_plugin_dirs = ["${plugins}"]
`

const root = '/run/lab/still'

interface Inspected {
  readonly NetworkSettings: {
    readonly SandboxKey: string
    readonly Networks: Readonly<
      Record<string, { readonly IPAddress: string; readonly GlobalIPv6Address: string }>
    >
  }
}

/** @param driver - the firewall driver of netavark */
export const startPodman = async (
  lab: EngineHost,
  { driver = 'nftables' }: { readonly driver?: 'nftables' | 'iptables' } = {},
): Promise<Podman> => {
  await lab.host.mustRun(['sh', '-ec', pluginScript, 'sh', tree, dirname(process.execPath)])
  const room = await engineRoom(lab)
  const image = await stillImage(room)
  await room.mustRun(['sh', '-ec', `mkdir -p ${root}; tar -xf ${image} -C ${root}`])
  await room.mustRun(['mkdir', '-p', '/etc/containers'])
  await lab.host.writeText('/etc/containers/containers.conf', configuration(driver))
  const command: Podman['command'] = (...words) =>
    room.mustRun(['podman', '--storage-driver=vfs', ...words], {
      environment: { PODMAN_IGNORE_CGROUPSV1_WARNING: '1' },
    })
  const enter = async (options: ForeignContainerOptions): Promise<ForeignContainer> => {
    const [found] = fromJson<readonly Inspected[]>(await command('inspect', options.name))
    const own = found?.NetworkSettings.Networks[options.network ?? 'podman']
    if (found === undefined || own === undefined) throw new Error(`${options.name} is not on its network`)
    return enterContainer(
      lab,
      room.outside(found.NetworkSettings.SandboxKey),
      { address: own.IPAddress, address6: own.GlobalIPv6Address || null },
      options,
    )
  }
  return {
    command,
    async run(options) {
      const { name, network = 'podman', publish = [], address, address6 } = options
      await command(
        ...['run', '--detach', `--name=${name}`, `--network=${network}`, '--stop-signal=KILL'],
        ...[`--cgroup-parent=/${room.cgroup}`],
        ...publish.map((port) => `--publish=${port}`),
        ...(address === undefined ? [] : [`--ip=${address}`]),
        ...(address6 === undefined ? [] : [`--ip6=${address6}`]),
        ...['--rootfs', root, ...stillCommand],
      )
      return enter(options)
    },
    async remove(name) {
      await command('rm', '--force', '--time=0', name)
    },
    async restart(options) {
      await command('restart', '--time=0', options.name)
      return enter(options)
    },
    async createNetwork(name, ...options) {
      if (/^[0-9a-f]+$/.test(name)) throw new Error(`${name} may be the beginning of another network's ID`)
      await command('network', 'create', ...options, name)
    },
    async reload() {
      await command('network', 'reload', '--all')
    },
  }
}
