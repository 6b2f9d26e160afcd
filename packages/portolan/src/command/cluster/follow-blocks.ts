import { openClusterMemory } from '@portolan/host'

/** Signals a change of what this host remembers of its cluster. */
export interface FollowedBlocks {
  /** Aborted when this host gets or loses a block, or when other hosts come or go. */
  readonly changed: AbortSignal
  close(): void
}

/** Follows what this host remembers of its cluster, from now on. */
export const followBlocks = (stateDirectory: string): FollowedBlocks => {
  const changed = new AbortController()
  return { changed: changed.signal, close: openClusterMemory(stateDirectory).follow(() => changed.abort()) }
}
