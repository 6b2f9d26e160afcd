import { setImmediate } from 'node:timers/promises'
import {
  type BlockChanges,
  type BlockEntry,
  type BlockSnapshot,
  type BlockStore,
  BlockStoreError,
} from '@portolan/core'

/**
 * Yields a cluster, and again after each change: first a list, then the watch from the next revision on. Changes that
 * came while the last snapshot was handled give one snapshot: when all hosts join at once, each host would otherwise
 * handle the whole cluster for every change of every host. When the store no longer has the next revision, the cluster
 * is listed again.
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
      for await (const waiting of together(watch)) {
        for (const { key, entry } of waiting.flatMap(({ changes }) => changes))
          if (entry === null) entries.delete(key)
          else entries.set(key, entry)
        yield { revision: waiting.at(-1)?.revision ?? 0, entries: [...entries.values()] }
      }
    } catch (error) {
      if (!(error instanceof BlockStoreError) || error.code !== 'CLUSTER_COMPACTED') throw error
    } finally {
      signal.removeEventListener('abort', close)
      watch.close()
    }
  }
}

/** Yields the changes that wait already, together. An error of the watch comes after the changes before it. */
async function* together(watch: AsyncIterable<BlockChanges>): AsyncGenerator<readonly BlockChanges[], void> {
  const changes = watch[Symbol.asyncIterator]()
  let next = changes.next()
  for (;;) {
    const first = await next
    if (first.done === true) return
    const waiting = [first.value]
    for (;;) {
      next = changes.next()
      const turn = await Promise.race([next, setImmediate(null)]).catch(() => null)
      if (turn === null || turn.done === true) break
      waiting.push(turn.value)
    }
    yield waiting
  }
}
