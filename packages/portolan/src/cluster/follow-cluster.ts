import { type BlockEntry, type BlockSnapshot, type BlockStore, BlockStoreError } from '@portolan/core'

/**
 * Yields a cluster, and again after each change: first a list, then the watch from the next revision on. When the store
 * no longer has that revision, the cluster is listed again.
 *
 * @throws BlockStoreError `CLUSTER_UNREACHABLE` when the store does not answer
 */
export async function* followCluster(
  store: BlockStore,
  signal: AbortSignal,
): AsyncGenerator<BlockSnapshot, void> {
  while (!signal.aborted) {
    const listed = await store.read()
    yield listed
    const entries = new Map<string, BlockEntry>(listed.entries.map((entry) => [entry.key, entry]))
    const watch = store.watch(listed.revision + 1)
    const close = (): void => watch.close()
    signal.addEventListener('abort', close)
    try {
      if (signal.aborted) return
      for await (const { revision, changes } of watch) {
        for (const { key, entry } of changes)
          if (entry === null) entries.delete(key)
          else entries.set(key, entry)
        yield { revision, entries: [...entries.values()] }
      }
    } catch (error) {
      if (!(error instanceof BlockStoreError) || error.code !== 'CLUSTER_COMPACTED') throw error
    } finally {
      signal.removeEventListener('abort', close)
      watch.close()
    }
  }
}
