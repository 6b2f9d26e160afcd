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
 * The blocks of a cluster, in etcd (3.4 or later). A connection is made with the first request. The rules are those of
 * `@portolan/core`: this sends what they ask for, and says what etcd answered.
 *
 * @throws InvalidRequestError for endpoints that are none, and for texts in PEM that cannot be used
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
        // A server that took it may still carry it out, so it is open what became of it where no answer comes.
        return await servers.ask((client) => commit(client, keys, transaction), 'once')
      } catch (error) {
        throw committingError(error, options)
      }
    },
    watch: (from) =>
      watchKeys(servers, keys, from, last, (error) => readingError(error, options), options.timeoutMs),
    // One that two servers grant is left to run out: nothing depends on it.
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
      // Of all keys in the range; one that has none is as a key that is not there, of revision 0.
      return {
        ...{ key: first, range_end: endOf(first) },
        ...{ result: 'Less', target: 'Mod', mod_revision: revision + 1 },
      }
  }
}

/** The first key behind those that begin so; the last byte of such a beginning is ASCII. */
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
