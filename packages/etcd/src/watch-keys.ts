import { type BlockChanges, BlockStoreError, type BlockWatch } from '@portolan/core'
import type { Etcd3, IWatchRequest, IWatchResponse } from 'etcd3'
import type { EtcdServers } from './etcd-servers.ts'
import type { KeySpace } from './key-space.ts'
import { openStream } from './open-stream.ts'

/** One stream, that of this watch alone. It is not opened again: what was missed meanwhile is read, not guessed. */
export const watchKeys = (
  servers: EtcdServers,
  keys: KeySpace,
  from: number,
  lost: (error: unknown) => BlockStoreError,
  timeoutMs?: number,
): BlockWatch => {
  const waiting: BlockChanges[] = []
  let fault: BlockStoreError | null = null
  let isClosed = false
  let wake = (): void => {}
  let cancel = (): void => {}
  const fail = (error: BlockStoreError): void => {
    fault ??= error
    wake()
  }
  const hear = (response: IWatchResponse): boolean => {
    const isCompacted = Number(response.compact_revision) > 0
    if (response.canceled && !isCompacted) throw new Error(response.cancel_reason)
    if (isCompacted) fail(compacted(from))
    else if (response.events.length > 0) waiting.push(...changesOf(response, keys))
    wake()
    return true
  }
  const begin = (client: Etcd3) =>
    openStream<IWatchRequest, IWatchResponse>(client.watchClient.watch(), {
      timeoutMs,
      first: { create_request: { key: keys.first, range_end: keys.end, start_revision: from } },
      hear,
      lost: (error) => fail(lost(error)),
    })
  const open = async (): Promise<void> => {
    const opened = await servers.ask(begin)
    cancel = opened.cancel
    if (isClosed) cancel()
  }
  const changes = async function* (): AsyncGenerator<BlockChanges, void, undefined> {
    open().catch((error: unknown) => fail(lost(error)))
    try {
      while (!isClosed) {
        const next = waiting.shift()
        if (next !== undefined) yield next
        else if (fault !== null) throw fault
        else
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
    } finally {
      isClosed = true
      cancel()
    }
  }
  return {
    [Symbol.asyncIterator]: changes,
    close: () => {
      isClosed = true
      cancel()
      wake()
    },
  }
}

/** A message may have the events of several revisions, in their order. */
const changesOf = ({ events }: IWatchResponse, keys: KeySpace): readonly BlockChanges[] => {
  const byRevision = new Map<number, BlockChanges['changes'][number][]>()
  for (const { type, kv } of events) {
    const revision = Number(kv.mod_revision)
    const changes = byRevision.get(revision) ?? []
    changes.push({ key: keys.nameOf(kv.key), entry: type === 'Delete' ? null : keys.entryOf(kv) })
    byRevision.set(revision, changes)
  }
  return [...byRevision].map(([revision, changes]) => ({ revision, changes }))
}

const compacted = (from: number): BlockStoreError =>
  new BlockStoreError(
    'CLUSTER_COMPACTED',
    `etcd has compacted revision ${from}, so what changed since then is not known. Read the keys again, and watch from there.`,
  )
