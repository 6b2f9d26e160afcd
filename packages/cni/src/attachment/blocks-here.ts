import type { Config, HeldBlocks } from '@portolan/core'
import { readHeldBlocks, readJoinedBlocks } from '@portolan/host'

/** What this host has of the cluster that its config names, or else of the one that it has joined; null: it is in none. */
export const blocksHere = (
  { cluster }: Pick<Config, 'cluster'>,
  directory: string,
): Promise<HeldBlocks | null> =>
  cluster == null ? readJoinedBlocks(directory) : readHeldBlocks(cluster, directory)
