import {
  type EngineParser,
  parseCniNetwork,
  parseDockerDaemon,
  parseDockerUnit,
  parseLibvirtNetwork,
  parseNetavarkNetwork,
  parseNetplan,
  parseNetworkdNetwork,
} from '@portolan/core'

/** The place of an engine's networks, below the root folder. */
export type EnginePlace =
  | { readonly kind: 'file'; readonly parse: EngineParser; readonly file: string }
  | {
      readonly kind: 'folder'
      readonly parse: EngineParser
      readonly folder: string
      readonly endings: readonly string[]
      /** Whether the folders in it are looked into too. */
      readonly nested: boolean
    }
  | {
      /** Files of one name replace each other: that of the first folder is the one that counts. */
      readonly kind: 'layered'
      readonly parse: EngineParser
      readonly folders: readonly string[]
      readonly endings: readonly string[]
      /** Ending of the folders of additions to a file (`lan.network.d/`), or null. */
      readonly additions: string | null
    }
  | {
      /** One unit of systemd and its drop-ins: the folders of units hold hundreds, and are not listed. */
      readonly kind: 'unit'
      readonly parse: EngineParser
      readonly folders: readonly string[]
      readonly name: string
    }

/** systemd.unit(5), "Unit File Load Path": what an administrator, the running system and packages define. */
const unitFolders = [
  'etc/systemd/system',
  'run/systemd/system',
  'usr/local/lib/systemd/system',
  'usr/lib/systemd/system',
  'lib/systemd/system',
]

/** In the order their networks are named where two define the same subnet: the engine itself before its traces. */
export const enginePlaces: readonly EnginePlace[] = [
  // dockerd(8), `--config-file`; the second is where the snap keeps it.
  { kind: 'file', parse: parseDockerDaemon, file: 'etc/docker/daemon.json' },
  { kind: 'file', parse: parseDockerDaemon, file: 'var/snap/docker/current/config/daemon.json' },
  { kind: 'unit', parse: parseDockerUnit, folders: unitFolders, name: 'docker.service' },
  // containers.conf(5), `network_config_dir`.
  ...['etc/containers/networks', 'run/containers/networks'].map(
    (folder) =>
      ({ kind: 'folder', parse: parseNetavarkNetwork, folder, endings: ['.json'], nested: false }) as const,
  ),
  // The endings libcni reads. nerdctl has a folder for each of its namespaces.
  {
    kind: 'folder',
    parse: parseCniNetwork,
    folder: 'etc/cni/net.d',
    endings: ['.conflist', '.conf', '.json'],
    nested: true,
  },
  // The definitions, and the status of those that run. `autostart/` holds links to the definitions.
  ...['etc/libvirt/qemu/networks', 'run/libvirt/network'].map(
    (folder) =>
      ({ kind: 'folder', parse: parseLibvirtNetwork, folder, endings: ['.xml'], nested: false }) as const,
  ),
  // netplan(5): "A file in /run/netplan completely shadows a file with same name in /etc/netplan".
  {
    kind: 'layered',
    parse: parseNetplan,
    folders: ['run/netplan', 'etc/netplan', 'usr/lib/netplan', 'lib/netplan'],
    endings: ['.yaml'],
    additions: null,
  },
  // systemd.network(5).
  {
    kind: 'layered',
    parse: parseNetworkdNetwork,
    folders: [
      'etc/systemd/network',
      'run/systemd/network',
      'usr/local/lib/systemd/network',
      'usr/lib/systemd/network',
      'lib/systemd/network',
    ],
    endings: ['.network'],
    additions: '.d',
  },
]
