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

/** A place of an engine's networks, below the root folder. */
export type EnginePlace =
  | { readonly kind: 'file'; readonly parse: EngineParser; readonly file: string }
  | {
      readonly kind: 'folder'
      readonly parse: EngineParser
      readonly folder: string
      readonly endings: readonly string[]
      /** True: the folders in it are read too. */
      readonly nested: boolean
    }
  | {
      /** Files with the same name replace each other. The file in the first folder counts. */
      readonly kind: 'layered'
      readonly parse: EngineParser
      readonly folders: readonly string[]
      readonly endings: readonly string[]
      /** The ending of a folder with additions to a file (`lan.network.d/`); null: there are no such folders. */
      readonly additions: string | null
    }
  | {
      /**
       * One unit of systemd with its drop-ins. The folders of units are not listed, because they hold hundreds of
       * files.
       */
      readonly kind: 'unit'
      readonly parse: EngineParser
      readonly folders: readonly string[]
      readonly name: string
    }

/** systemd.unit(5), "Unit File Load Path": the folders of the administrator, of the running system and of packages. */
const unitFolders = [
  'etc/systemd/system',
  'run/systemd/system',
  'usr/local/lib/systemd/system',
  'usr/lib/systemd/system',
  'lib/systemd/system',
]

/**
 * The places of all engines. Where two define the same subnet, the first one names the network: the engine itself comes
 * before its traces.
 */
export const enginePlaces: readonly EnginePlace[] = [
  // dockerd(8), `--config-file`. The second path is the snap's.
  { kind: 'file', parse: parseDockerDaemon, file: 'etc/docker/daemon.json' },
  { kind: 'file', parse: parseDockerDaemon, file: 'var/snap/docker/current/config/daemon.json' },
  { kind: 'unit', parse: parseDockerUnit, folders: unitFolders, name: 'docker.service' },
  // containers.conf(5), `network_config_dir`.
  ...['etc/containers/networks', 'run/containers/networks'].map(
    (folder) =>
      ({ kind: 'folder', parse: parseNetavarkNetwork, folder, endings: ['.json'], nested: false }) as const,
  ),
  // The endings that libcni reads. nerdctl has a folder for each of its namespaces.
  {
    kind: 'folder',
    parse: parseCniNetwork,
    folder: 'etc/cni/net.d',
    endings: ['.conflist', '.conf', '.json'],
    nested: true,
  },
  // The definitions, and the status of running networks. `autostart/` holds links to the definitions.
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
