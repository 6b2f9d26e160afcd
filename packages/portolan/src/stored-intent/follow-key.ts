import { setTimeout as delay } from 'node:timers/promises'
import { type BlockEntry, type BlockSnapshot, BlockStoreError } from '@portolan/core'
import type { ClusterKey } from '../cluster/open-cluster.ts'
import { reportedFaults } from '../cluster/reported-faults.ts'
import type { KeyAnswer } from './key-history.ts'

/** The pause after an error of the servers, in milliseconds. */
export const PAUSE_MS = 5_000
/** The time until the key is read again, in milliseconds. A silent watch may have missed a change. */
const LIST_MS = 30_000

interface Follower {
  readonly signal: AbortSignal
  /** Receives what the key holds, each time it is read or changed. */
  readonly hear: (answer: KeyAnswer) => void
  /**
   * Receives the error when the servers are lost, or do not let this host in. Each reason is told once until the key is
   * read again.
   */
  readonly miss: (error: BlockStoreError) => void
  /** Called when the key is read again after an error. */
  readonly found: () => void
}

export const answerIn = ({ entries, revision }: BlockSnapshot): KeyAnswer => answerOf(entries[0], revision)

const answerOf = (entry: BlockEntry | null | undefined, revision: number): KeyAnswer => ({
  text: entry?.value ?? null,
  put: entry?.modified ?? 0,
  revision,
})

/** Follows a key until it is stopped: tells what the key holds, and each change. */
export const followKey = async (key: ClusterKey, { signal, hear, miss, found }: Follower): Promise<void> => {
  const away = reportedFaults()
  while (!signal.aborted) {
    try {
      const snapshot = await key.read()
      if (away.end()) found()
      hear(answerIn(snapshot))
      await untilListed(key, snapshot.revision + 1, hear, signal)
    } catch (error) {
      if (!(error instanceof BlockStoreError)) throw error
      if (error.code === 'CLUSTER_COMPACTED') continue
      if (away.add(error)) miss(error)
      await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

const untilListed = async (
  key: ClusterKey,
  from: number,
  hear: Follower['hear'],
  signal: AbortSignal,
): Promise<void> => {
  const watch = key.watch(from)
  const close = (): void => watch.close()
  const timer = setTimeout(close, LIST_MS)
  signal.addEventListener('abort', close)
  try {
    for await (const { changes, revision } of watch)
      for (const { entry } of changes) hear(answerOf(entry, revision))
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', close)
    watch.close()
  }
}
