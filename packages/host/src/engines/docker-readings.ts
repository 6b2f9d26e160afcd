import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type EngineReading, parseDockerDaemon } from '@portolan/core'
import type { EngineNetworkFact } from '@portolan/netfilter'
import { baseFolder } from '../home/base-folder.ts'
import { readDockerStore } from './docker-store.ts'
import { readEngineFile } from './engine-file.ts'

/** dockerd(8), `--data-root`; the second is the snap's. */
const usualRoots = ['var/lib/docker', 'var/snap/docker/common/var-lib-docker']

/** The networks in Docker's databases, and further settings of Docker. */
export interface DockerReadings {
  readonly readings: readonly EngineReading[]
  /** All networks of its databases; null: none is found, or not all of one is understood. */
  readonly known: readonly EngineNetworkFact[] | null
  /** Where it keeps its data, below the root folder. */
  readonly dataRoots: readonly string[]
}

/**
 * Reads Docker's databases: in the usual places, where its settings say, and of a rootless Docker of this user.
 *
 * @param root - the folder that the files are below
 * @param settings - what was read of Docker's settings: they name further settings, and where data is
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
 * https://docs.docker.com/engine/security/rootless/tips/: its data and settings are in the home of its user. A home that
 * this user may not look into is the home of another: sudo and setpriv may leave HOME as it was.
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

/** A folder may be written with and without the slash at its end. */
const unique = (paths: readonly string[]): readonly string[] => [
  ...new Set(paths.map((path) => join('/', path, '.'))),
]
