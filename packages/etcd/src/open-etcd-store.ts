import type {
  BlockCommit,
  BlockCondition,
  BlockOperation,
  BlockStore,
  BlockTransaction,
} from '@portolan/core'
import type { Etcd3, ICompare, IRequestOp } from 'etcd3'
import { openServers } from './etcd-servers.ts'
import type { EtcdStoreOptions } from './etcd-store-options.ts'
import { keepLease } from './keep-lease.ts'
import { type KeySpace, keySpace } from './key-space.ts'
import { lastReading, readKeys } from './read-keys.ts'
import { committingError, readingError } from './store-errors.ts'
import { watchKeys } from './watch-keys.ts'

/**
 * Opens the blocks of a cluster in etcd (3.4 or later). The first request makes a connection. The rules of blocks are
 * in `@portolan/core`; this store sends their requests and returns the answers of etcd.
 *
 * @throws InvalidRequestError for texts that are not endpoints, and for texts in PEM that cannot be used
 * @example
 * const store = openEtcdStore({ cluster: 'prod', endpoints: ['127.0.0.1:2379'] })
 * await store.close()
 * @public @since 0.1.0
 */
export const openEtcdStore = (options: EtcdStoreOptions): BlockStore => {
  const keys = keySpace(options.cluster)
  const servers = openServers(options)
  const last = lastReading(keys)
  const reading = async <Result>(
    request: (client: Etcd3) => Promise<Result>,
    sending: 'again' | 'beside' = 'again',
  ): Promise<Result> => {
    try {
      return await servers.ask(request, sending)
    } catch (error) {
      throw readingError(error, options)
    }
  }
  return {
    read: async () => last.note(await reading((client) => readKeys(client, keys), 'beside')),
    commit: async (transaction) => {
      try {
        // A server that accepted the transaction may still carry it out. Without an answer its outcome is open, so it
        // is sent once.
        return await servers.ask((client) => commit(client, keys, transaction), 'once')
      } catch (error) {
        throw committingError(error, options)
      }
    },
    watch: (from) =>
      watchKeys(servers, keys, from, last, (error) => readingError(error, options), options.timeoutMs),
    // Two servers may both grant a lease. The second lease runs out by itself: nothing depends on it.
    grantLease: (seconds) =>
      reading(async (client) => (await client.leaseClient.leaseGrant({ TTL: seconds })).ID, 'beside'),
    keepLease: (lease) => reading((client) => keepLease(client, lease, options.timeoutMs)),
    revokeLease: (lease) =>
      reading(async (client) => {
        await client.leaseClient.leaseRevoke({ ID: lease })
      }),
    close: async () => servers.close(),
  }
}

const commit = async (
  client: Etcd3,
  keys: KeySpace,
  { when, writes }: BlockTransaction,
): Promise<BlockCommit> => {
  const conditionKeys = [...new Set(when.flatMap(({ kind, key }) => (kind === 'unchanged' ? [] : [key])))]
  const { header, succeeded, responses } = await client.kv.txn({
    compare: when.map((condition) => compareOf(keys, condition)),
    success: writes.map((operation) => operationOf(keys, operation)),
    failure: conditionKeys.map((key) => ({ request_range: { key: keys.keyOf(key) } })),
  })
  const revision = Number(header.revision)
  if (succeeded) return { kind: 'committed', revision }
  const found = responses.flatMap(({ response_range: range }) => range.kvs.map(keys.entryOf))
  return { kind: 'refused', revision, found }
}

const compareOf = (keys: KeySpace, { kind, key, revision }: BlockCondition): ICompare => {
  const first = keys.keyOf(key)
  switch (kind) {
    case 'created':
      return { key: first, result: 'Equal', target: 'Create', create_revision: revision }
    case 'modified':
      return { key: first, result: 'Equal', target: 'Mod', mod_revision: revision }
    case 'unchanged':
      // Compares all keys in the range. A range without keys passes, because an absent key has revision 0.
      return {
        ...{ key: first, range_end: endOf(first) },
        ...{ result: 'Less', target: 'Mod', mod_revision: revision + 1 },
      }
  }
}

/** The first key behind all keys with this beginning. The last byte of the beginning is ASCII. */
const endOf = (first: Buffer): Buffer => {
  const end = Buffer.from(first)
  end[end.length - 1] = (end.at(-1) ?? 0) + 1
  return end
}

const operationOf = (keys: KeySpace, operation: BlockOperation): IRequestOp =>
  operation.kind === 'delete'
    ? { request_delete_range: { key: keys.keyOf(operation.key) } }
    : {
        request_put: {
          key: keys.keyOf(operation.key),
          value: Buffer.from(operation.value),
          ...(operation.lease === null ? {} : { lease: operation.lease }),
          ...(operation.keepsLease === true ? { ignore_lease: true } : {}),
        },
      }
