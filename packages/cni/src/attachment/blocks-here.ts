import type { Config, HeldBlocks } from '@portolan/core'
import { readHeldBlocks, readJoinedBlocks } from '@portolan/host'

/**
 * The blocks that this host holds in its cluster: the one that the config names, else the one that the host has joined.
 * Null: the host is in no cluster.
 */
export const blocksHere = (
  { cluster }: Pick<Config, 'cluster'>,
  directory: string,
): Promise<HeldBlocks | null> =>
  cluster == null ? readJoinedBlocks(directory) : readHeldBlocks(cluster, directory)
