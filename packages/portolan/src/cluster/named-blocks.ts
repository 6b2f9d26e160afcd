import type { ClusterNeighbours, Config, HeldBlocks } from '@portolan/core'
import { defaultStateDirectory, readHeldBlocks, readJoinedBlocks } from '@portolan/host'
import { PermissionError } from '@portolan/netfilter'
import { claimLines, joinLine } from './join-line.ts'
import { noPools } from './no-pools.ts'

interface NamedCluster {
  /** The URL of the cluster; null: no cluster, whatever `config` says. */
  readonly cluster?: string | null
  readonly config?: Pick<Config, 'cluster'>
  readonly stateDirectory?: string
  /** The other hosts; absent: those that the state directory remembers. */
  readonly neighbours?: ClusterNeighbours | null
  /** What a cluster that this host has not joined said about its blocks, when it was asked. */
  readonly clusterSeen?: ClusterNeighbours
}

/**
 * The blocks that this host has in the named cluster; without a name, in the cluster that it has joined. If the joined
 * cluster did not count, a network would leave the blocks, and the blocks of other hosts would not be avoided. Null: no
 * cluster.
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
  // A cluster without pools may be a misspelt name, so the message does not ask to join it.
  const unset = isUnset(held, clusterSeen) ? { elsewhere: noPools(place, held.cluster) } : {}
  return { ...known, ...unset, ...claimLines(place, known) }
}

/** Tells whether a cluster that this host has not joined reported no pools. */
const isUnset = ({ cluster, pools }: HeldBlocks, seen: ClusterNeighbours | undefined): boolean =>
  pools === null && seen?.cluster === cluster && (seen.pools ?? []).length === 0

/**
 * What a cluster said about its pools and blocks to a host that has not joined it. A cluster without pools is left out,
 * because its name may be misspelt.
 */
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

/** Reads the blocks of the joined cluster; null without permission. Such a user may not change this host either. */
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
