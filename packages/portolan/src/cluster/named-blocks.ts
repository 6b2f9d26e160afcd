import type { ClusterNeighbours, Config, HeldBlocks } from '@portolan/core'
import { defaultStateDirectory, readHeldBlocks, readJoinedBlocks } from '@portolan/host'
import { PermissionError } from '@portolan/netfilter'
import { claimLines, joinLine } from './join-line.ts'
import { noPools } from './no-pools.ts'

interface NamedCluster {
  /** Null: none, whatever `config` says. */
  readonly cluster?: string | null
  readonly config?: Pick<Config, 'cluster'>
  readonly stateDirectory?: string
  /** The other hosts, where they are known; else those that are remembered. */
  readonly neighbours?: ClusterNeighbours | null
  /** The blocks of a cluster that this host has not joined, where it was asked. */
  readonly clusterSeen?: ClusterNeighbours
}

/**
 * What this host has of the cluster that options or the config name; or, where none is named, of the one that it has
 * joined: a network would leave the blocks, and those of other hosts are not avoided. Null: there is none.
 */
export const namedBlocks = async ({
  cluster,
  config,
  stateDirectory,
  neighbours,
  clusterSeen,
}: NamedCluster): Promise<HeldBlocks | null> => {
  if (cluster === null) return null
  const url = cluster ?? config?.cluster ?? null
  const directory = stateDirectory ?? defaultStateDirectory()
  if (url === null) return joinedBlocks(directory, neighbours)
  const place = { cluster: cluster ?? null, directory }
  const held = await readHeldBlocks(url, directory, joinLine(place), neighbours)
  if (held.elsewhere !== undefined) return held
  const known = { ...held, ...unjoinedIn(held, neighbours ?? clusterSeen ?? null) }
  // A name that is misspelt is no reason to join.
  const unset = isUnset(held, clusterSeen) ? { elsewhere: noPools(place, held.cluster) } : {}
  return { ...known, ...unset, ...claimLines(place, known) }
}

/** Has a cluster that this host has not joined no pools, as it said itself? */
const isUnset = ({ cluster, pools }: HeldBlocks, seen: ClusterNeighbours | undefined): boolean =>
  pools === null && seen?.cluster === cluster && (seen.pools ?? []).length === 0

/** What a cluster said of its addresses to a host that has not joined it. One without pools may be another by a slip. */
export const unjoinedIn = (
  { cluster, pools }: Pick<HeldBlocks, 'cluster' | 'pools'>,
  seen: ClusterNeighbours | null,
): Pick<HeldBlocks, 'unjoined' | 'others'> => {
  if (pools !== null || seen?.cluster !== cluster || (seen.pools ?? []).length === 0) return {}
  return {
    unjoined: { pools: [...(seen.pools ?? []), ...(seen.former ?? [])], own: seen.blocks },
    others: seen.others.map(({ block, host }) => ({ block, host })),
  }
}

/** A user that may not read them may not change this host either. */
const joinedBlocks = async (
  directory: string,
  neighbours: ClusterNeighbours | null | undefined,
): Promise<HeldBlocks | null> => {
  try {
    return await readJoinedBlocks(directory, undefined, neighbours)
  } catch (error) {
    if (error instanceof PermissionError) return null
    throw error
  }
}
