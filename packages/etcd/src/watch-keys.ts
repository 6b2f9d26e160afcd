import type { BlockChanges, BlockWatch } from '@portolan/core'
import { BlockStoreError } from '@portolan/core/block-store-error'
import type { Etcd3, IWatchRequest, IWatchResponse } from 'etcd3'
import type { EtcdServers } from './etcd-servers.ts'
import type { KeySpace } from './key-space.ts'
import { openStream } from './open-stream.ts'
import type { LastReading } from './read-keys.ts'

/**
 * The time between two checks whether the user may still read. etcd checks the permission only when a watch begins. A
 * watch also continues when user authentication is switched on after it began.
 */
const PERMISSION_MS = 5_000

/**
 * Opens one stream for this watch alone. The stream is not reopened after an error: the caller reads the changes missed
 * meanwhile instead of guessing them.
 */
export const watchKeys = (
  servers: EtcdServers,
  keys: KeySpace,
  from: number,
  last: LastReading,
  lost: (error: unknown) => BlockStoreError,
  timeoutMs?: number,
): BlockWatch => {
  const waiting: BlockChanges[] = []
  let fault: BlockStoreError | null = null
  let isClosed = false
  let wake = (): void => {}
  let cancel = (): void => {}
  let asking: NodeJS.Timeout | undefined
  const fail = (error: BlockStoreError): void => {
    fault ??= error
    wake()
  }
  const hear = (response: IWatchResponse): boolean => {
    const isCompacted = Number(response.compact_revision) > 0
    if (response.canceled && !isCompacted) throw new Error(response.cancel_reason)
    if (response.created && !isCompacted) {
      if (Number(response.header.revision) < from - 1) askRevision()
      else askContent()
    }
    if (isCompacted) fail(compacted(from))
    else if (response.events.length > 0) waiting.push(...changesOf(response, keys))
    wake()
    return true
  }
  // A server that is behind the others catches up. But etcd may have been started anew without its data, or with an
  // older copy, just before the watch began. Then no change would arrive, because etcd accepts a future revision as the
  // start.
  const askRevision = (): void => {
    servers
      .ask((client) => revisionNow(client, keys))
      .then((now) => (now < from - 1 ? fail(undone(from, now)) : askContent()))
      .catch((error: unknown) => fail(lost(error)))
  }
  // An older copy may have passed that revision meanwhile, with other changes. Where the revision was compacted since,
  // the comparison fails and the answer is unknown. A server that is away is noticed by the stream itself.
  const askContent = (): void => {
    servers
      .ask((client) => last.differs(client, from - 1))
      .then((isOther) => (isOther ? fail(otherwise(from)) : undefined))
      .catch(() => undefined)
  }
  const begin = (client: Etcd3) =>
    openStream<IWatchRequest, IWatchResponse>(client.watchClient.watch(), {
      timeoutMs,
      first: { create_request: { key: keys.first, range_end: keys.end, start_revision: from } },
      hear,
      lost: (error) => fail(lost(error)),
    })
  const askPermission = (): void => {
    asking = setTimeout(() => {
      servers
        .ask((client) => mayRead(client, keys))
        .catch((error: unknown) => {
          const said = lost(error)
          // The stream itself notices a server that is away.
          if (said.code === 'CLUSTER_DENIED') fail(said)
        })
        .then(() => (isClosed || fault !== null ? undefined : askPermission()))
    }, PERMISSION_MS)
  }
  const open = async (): Promise<void> => {
    const opened = await servers.ask(begin)
    cancel = opened.cancel
    if (isClosed) cancel()
    else askPermission()
  }
  const end = (): void => {
    isClosed = true
    clearTimeout(asking)
    cancel()
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
      end()
    }
  }
  return {
    [Symbol.asyncIterator]: changes,
    close: () => {
      end()
      wake()
    },
  }
}

/** Checks one key on one server, from that server's own data, so the other servers are not involved. */
const mayRead = async (client: Etcd3, { first }: KeySpace): Promise<void> => {
  await client.kv.range({ key: first, serializable: true, count_only: true })
}

/** The current revision, as the majority of the servers has it. */
const revisionNow = async (client: Etcd3, { first }: KeySpace): Promise<number> =>
  Number((await client.kv.range({ key: first, count_only: true })).header.revision)

/** The changes of a message. It may have events of several revisions, in their order. */
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

const otherwise = (from: number): BlockStoreError =>
  new BlockStoreError(
    'CLUSTER_COMPACTED',
    `etcd has something else at revision ${from - 1} than it had before: it has lost data, or has an older copy of it. Read the keys again, and watch from there.`,
  )

const undone = (from: number, now: number): BlockStoreError =>
  new BlockStoreError(
    'CLUSTER_COMPACTED',
    `etcd is at revision ${now}, and was at ${from - 1} before: it has lost data, or has an older copy of it. Read the keys again, and watch from there.`,
  )
