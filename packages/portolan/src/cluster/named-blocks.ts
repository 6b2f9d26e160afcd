import type { ClusterNeighbours, Config, HeldBlocks } from '@portolan/core'
import { defaultStateDirectory, readHeldBlocks } from '@portolan/host'
import { claimLine, joinLine } from './join-line.ts'

interface NamedCluster {
  /** Null: none, whatever `config` says. */
  readonly cluster?: string | null
  readonly config?: Pick<Config, 'cluster'>
  readonly stateDirectory?: string
  /** The other hosts, where they are known; else those that are remembered. */
  readonly neighbours?: ClusterNeighbours | null
}

/** What this host has of the cluster that options or the config name; null: none is named. */
export const namedBlocks = async ({
  cluster,
  config,
  stateDirectory,
  neighbours,
}: NamedCluster): Promise<HeldBlocks | null> => {
  const url = cluster === undefined ? (config?.cluster ?? null) : cluster
  if (url === null) return null
  const directory = stateDirectory ?? defaultStateDirectory()
  const place = { cluster: cluster ?? null, directory }
  const held = await readHeldBlocks(url, directory, joinLine(place), neighbours)
  return { ...held, join: claimLine(place, held) }
}
