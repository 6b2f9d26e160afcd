import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type EngineReading, parseContainersConf } from '@portolan/core'
import type { EngineNetworkFact } from '@portolan/netfilter'
import { readEngineFile } from './engine-file.ts'
import { podmanStorage } from './podman-storage.ts'

/** The settings files of containers.conf(5). Each file overrides the ones before it. */
const configFiles = ['usr/share/containers/containers.conf', 'etc/containers/containers.conf']
const additions = 'etc/containers/containers.conf.d'

/** Podman's default subnet, unless a file names another (containers.conf(5), `default_subnet`). */
const builtIn = '10.88.0.0/16'

/** Reads each containers.conf. Each file overrides the ones before it. */
export const podmanSettings = (root: string): readonly EngineReading[] =>
  [...configFiles, ...additionsIn(root)].map((file) => readEngineFile(join(root, file), parseContainersConf))

/** The files of the folder of additions. A folder that may not be listed adds nothing. */
const additionsIn = (root: string): readonly string[] => {
  try {
    return readdirSync(join(root, additions))
      .filter((name) => name.endsWith('.conf'))
      .toSorted()
      .map((name) => join(additions, name))
  } catch {
    return []
  }
}

/**
 * The default network of Podman, if Podman has run on this host. No file defines it until it is changed.
 *
 * @param written - the readings of containers.conf
 * @param networks - the networks in Podman's files: one of them may be the default network
 */
export const podmanDefault = (
  root: string,
  written: readonly EngineReading[],
  networks: readonly EngineNetworkFact[],
): EngineReading => {
  const storage = podmanStorage(root)
  if (!existsSync(join(root, storage))) return { networks: [], pools: [], complaints: [] }
  const last = written.findLast((reading) => reading.networks.length > 0)
  const found = last?.networks ?? [
    { engine: 'podman', name: 'podman', subnets: [builtIn], bridge: 'podman0', file: join(root, storage) },
  ]
  const isDefined = networks.some(({ engine, name }) => engine === 'podman' && name === found[0]?.name)
  return {
    networks: isDefined ? [] : found,
    pools: [],
    complaints: written.flatMap(({ complaints }) => complaints),
  }
}
