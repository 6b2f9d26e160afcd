import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type EngineReading, parseDockerDaemon } from '@portolan/core'
import type { EngineNetworkFact } from '@portolan/netfilter'
import { baseFolder } from '../home/base-folder.ts'
import { readDockerStore } from './docker-store.ts'
import { readEngineFile } from './engine-file.ts'

/** The default data folders: dockerd(8), `--data-root`, and the folder of the snap. */
const usualRoots = ['var/lib/docker', 'var/snap/docker/common/var-lib-docker']

/** The networks in Docker's databases, and further settings of Docker. */
export interface DockerReadings {
  readonly readings: readonly EngineReading[]
  /** All networks in Docker's databases; null: no database was found, or one was not understood completely. */
  readonly known: readonly EngineNetworkFact[] | null
  /** The folders where Docker keeps its data, below the root folder. */
  readonly dataRoots: readonly string[]
}

/**
 * Reads Docker's databases: in the default folders, in the folders that its settings name, and of a rootless Docker of
 * this user.
 *
 * @param root - the folder that the files are below
 * @param settings - Docker's settings as they were read: they name further settings, and data folders
 */
export const readDocker = (root: string, settings: readonly EngineReading[]): DockerReadings => {
  const home = root === '/' ? rootlessPlaces() : { configFiles: [], dataRoots: [] }
  const files = unique([...settings.flatMap(({ configFiles }) => configFiles ?? []), ...home.configFiles])
  const further = files.map((file) => readEngineFile(join(root, file), parseDockerDaemon))
  const named = unique([...settings, ...further].flatMap((reading) => reading.dataRoots ?? []))
  const dataRoots = unique([...named, ...usualRoots, ...home.dataRoots])
  const stores = dataRoots.flatMap(
    (folder) => readDockerStore(join(root, folder), named.includes(folder)) ?? [],
  )
  const isKnown = stores.length > 0 && stores.every(({ complaints }) => complaints.length === 0)
  return {
    readings: [...stores, ...further],
    known: isKnown ? stores.flatMap(({ networks }) => networks) : null,
    dataRoots,
  }
}

/**
 * The files of a rootless Docker (https://docs.docker.com/engine/security/rootless/tips/): its data and settings are in
 * the home of its user. A folder that this user may not look into counts as missing: sudo and setpriv may leave HOME as
 * it was, so it may be another user's.
 */
const rootlessPlaces = (): {
  readonly configFiles: readonly string[]
  readonly dataRoots: readonly string[]
} => {
  const { env } = process
  return {
    configFiles: [join(baseFolder(env, 'XDG_CONFIG_HOME', '.config'), 'docker/daemon.json')].filter(isThere),
    dataRoots: [join(baseFolder(env, 'XDG_DATA_HOME', '.local/share'), 'docker')].filter(isThere),
  }
}

const isThere = (path: string): boolean => existsSync(path)

/** Each path once. A folder may be written with and without a slash at its end. */
const unique = (paths: readonly string[]): readonly string[] => [
  ...new Set(paths.map((path) => join('/', path, '.'))),
]
