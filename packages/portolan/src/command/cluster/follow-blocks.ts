import { openClusterMemory } from '@portolan/host'

/** What this host remembers of its cluster, as a signal. */
export interface FollowedBlocks {
  /** Aborted once it has another block, or has lost one, or other hosts came or went. */
  readonly changed: AbortSignal
  close(): void
}

/** Follows it from now on. */
export const followBlocks = (stateDirectory: string): FollowedBlocks => {
  const changed = new AbortController()
  return { changed: changed.signal, close: openClusterMemory(stateDirectory).follow(() => changed.abort()) }
}
