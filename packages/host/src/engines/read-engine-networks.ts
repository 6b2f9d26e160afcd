import { type Dirent, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type EngineReading, parseNetavarkNetwork } from '@portolan/core'
import type { EngineNetworkFact, EnginePoolFact } from '@portolan/netfilter'
import { isAbsent, whyUnread } from '../file/index.ts'
import { readDocker } from './docker-readings.ts'
import { readEngineFile } from './engine-file.ts'
import { type EnginePlace, enginePlaces } from './engine-places.ts'
import { podmanDefault, podmanSettings } from './podman-default.ts'
import { withUsedAddresses } from './used-addresses.ts'

/** The networks and pools in the files of other engines on this host. */
export interface EngineFacts {
  readonly networks: readonly EngineNetworkFact[]
  readonly enginePools: readonly EnginePoolFact[]
  /** The places that could not be read or understood, each a sentence. */
  readonly unread: readonly string[]
  /** All networks that Docker has made; null: they are not known. */
  readonly docker: readonly EngineNetworkFact[] | null
}

/**
 * Reads the networks that other engines have defined, up or down: Docker, Podman, CNI, libvirt, netplan and
 * systemd-networkd.
 *
 * @param root - the folder that the files are below: `/`, or the root of a mounted image
 * @param addresses - true: reads also the addresses of containers that are in files of their own
 * @throws never: a place that cannot be read is in `unread`
 */
export const readEngineNetworks = (root = '/', addresses = false): EngineFacts => {
  const unread: string[] = []
  const podman = podmanSettings(root)
  const settings = [...enginePlaces, ...podman.flatMap(podmanFolders)].flatMap((place) =>
    readPlace(root, place, unread),
  )
  const docker = readDocker(root, settings)
  // Docker's databases come first: they are newer than its settings.
  const readings = [
    ...docker.readings,
    ...settings,
    podmanDefault(
      root,
      podman,
      settings.flatMap((reading) => reading.networks),
    ),
  ]
  const networks = eachOnce(readings.flatMap((reading) => reading.networks))
  return {
    networks: addresses ? withUsedAddresses(root, networks, docker.dataRoots) : networks,
    enginePools: readings.flatMap(({ pools }) => pools),
    unread: [...unread, ...readings.flatMap(({ complaints }) => complaints)],
    docker: docker.known,
  }
}

/**
 * Reads all networks that Docker has on this host from its databases.
 *
 * @returns null: there is no database where Docker is known to keep one, or one was not understood completely
 * @example
 * readDockerNetworks()?.map(({ name }) => name) // ['bridge', 'web']
 * @public @since 0.1.0
 */
export const readDockerNetworks = (root = '/'): readonly EngineNetworkFact[] | null =>
  readEngineNetworks(root).docker

const podmanFolders = ({ networkFolders = [] }: EngineReading): readonly EnginePlace[] =>
  networkFolders.map((folder) => ({
    kind: 'folder',
    parse: parseNetavarkNetwork,
    folder,
    endings: ['.json'],
    nested: false,
  }))

const readPlace = (root: string, place: EnginePlace, unread: string[]): readonly EngineReading[] => {
  const { parse } = place
  if (place.kind === 'file') return [readEngineFile(join(root, place.file), parse)]
  if (place.kind === 'unit') return readUnit(root, place, unread)
  const matches = ({ name }: Dirent): boolean => place.endings.some((ending) => name.endsWith(ending))
  if (place.kind === 'folder') {
    const entries = listFolder(join(root, place.folder), unread)
    const inner = place.nested
      ? entries
          .filter((entry) => entry.isDirectory())
          .flatMap((entry) => listFolder(join(entry.parentPath, entry.name), unread))
      : []
    return [...entries, ...inner]
      .filter((entry) => !entry.isDirectory() && matches(entry))
      .map((entry) => readEngineFile(join(entry.parentPath, entry.name), parse))
  }
  const all = place.folders.map((folder) => listFolder(join(root, folder), unread))
  const files = firstOfName(all.flat().filter((entry) => !entry.isDirectory() && matches(entry)))
  const added =
    place.additions === null
      ? []
      : files.flatMap(({ name }) =>
          firstOfName(
            place.folders
              .flatMap((folder) => listFolder(join(root, folder, `${name}${place.additions}`), unread))
              .filter((entry) => entry.name.endsWith('.conf')),
          ),
        )
  return [...files, ...added].map((entry) => readEngineFile(join(entry.parentPath, entry.name), parse))
}

const readUnit = (
  root: string,
  { parse, folders, name }: Extract<EnginePlace, { kind: 'unit' }>,
  unread: string[],
): readonly EngineReading[] => {
  const unit = folders.map((folder) => join(root, folder, name)).find((file) => existsSync(file))
  const added = firstOfName(
    folders
      .flatMap((folder) => listFolder(join(root, folder, `${name}.d`), unread))
      .filter((entry) => entry.name.endsWith('.conf')),
  )
  const files = [
    ...(unit === undefined ? [] : [unit]),
    ...added.map((entry) => join(entry.parentPath, entry.name)),
  ]
  return files.map((file) => readEngineFile(file, parse))
}

const listFolder = (folder: string, unread: string[]): readonly Dirent[] => {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    if (!isAbsent(error))
      unread.push(
        `${folder} could not be read (${whyUnread(error)}): the networks defined in it are not avoided.`,
      )
    return []
  }
}

/** The first entry of each name, which replaces the later ones. An empty file or a link to /dev/null masks them. */
const firstOfName = (entries: readonly Dirent[]): readonly Dirent[] => {
  const byName = new Map<string, Dirent>()
  for (const entry of entries) if (!byName.has(entry.name)) byName.set(entry.name, entry)
  return [...byName.values()]
}

/** Removes repeated networks: the status of a running libvirt network repeats its definition. */
const eachOnce = (networks: readonly EngineNetworkFact[]): readonly EngineNetworkFact[] => {
  const known = new Set<string>()
  return networks.filter(({ engine, name, subnets }) => {
    const key = JSON.stringify([engine, name, subnets])
    if (known.has(key)) return false
    known.add(key)
    return true
  })
}
