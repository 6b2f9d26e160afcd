import type {
  BlockCommit,
  BlockCondition,
  BlockOperation,
  BlockStore,
  BlockTransaction,
} from '@portolan/core'
import type { Etcd3, ICompare, IRequestOp } from 'etcd3'
import { openClient } from './etcd-client.ts'
import type { EtcdStoreOptions } from './etcd-store-options.ts'
import { type KeySpace, keySpace } from './key-space.ts'
import { readKeys } from './read-keys.ts'
import { committingError, readingError } from './store-errors.ts'
import { watchKeys } from './watch-keys.ts'

/**
 * The blocks of a cluster, in etcd (3.4 or later). A connection is made with the first request. The rules are those of
 * `@portolan/core`: this sends what they ask for, and says what etcd answered.
 *
 * @example
 * const store = openEtcdStore({ cluster: 'prod', endpoints: ['127.0.0.1:2379'] })
 * await store.close()
 * @public @since 0.1.0
 */
export const openEtcdStore = (options: EtcdStoreOptions): BlockStore => {
  const keys = keySpace(options.cluster)
  const client = openClient(options)
  const reading = async <Result>(request: () => Promise<Result>): Promise<Result> => {
    try {
      return await request()
    } catch (error) {
      throw readingError(error, options)
    }
  }
  return {
    read: () => reading(() => readKeys(client, keys)),
    commit: async (transaction) => {
      try {
        return await commit(client, keys, transaction)
      } catch (error) {
        throw committingError(error, options)
      }
    },
    watch: (from) => watchKeys(client, keys, from, (error) => readingError(error, options)),
    grantLease: (seconds) => reading(async () => (await client.leaseClient.leaseGrant({ TTL: seconds })).ID),
    keepLease: (lease) => reading(() => keepAlive(client, lease)),
    revokeLease: (lease) =>
      reading(async () => {
        await client.leaseClient.leaseRevoke({ ID: lease })
      }),
    close: async () => client.close(),
  }
}

const commit = async (
  client: Etcd3,
  keys: KeySpace,
  { when, writes }: BlockTransaction,
): Promise<BlockCommit> => {
  const conditionKeys = [...new Set(when.map(({ key }) => key))]
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

const compareOf = (keys: KeySpace, { kind, key, revision }: BlockCondition): ICompare => ({
  key: keys.keyOf(key),
  result: 'Equal',
  ...(kind === 'created'
    ? { target: 'Create', create_revision: revision }
    : { target: 'Mod', mod_revision: revision }),
})

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

/** One renewal. A lease that has run out has no time left. */
const keepAlive = async (client: Etcd3, lease: string): Promise<boolean> => {
  const stream = await client.leaseClient.leaseKeepAlive()
  try {
    const left = new Promise<string>((resolve, reject) => {
      stream.on('data', ({ TTL }) => resolve(TTL))
      stream.on('error', reject)
      stream.on('end', () => reject(new Error('the stream ended')))
    })
    stream.write({ ID: lease })
    return Number(await left) > 0
  } finally {
    stream.on('error', () => {})
    stream.cancel()
  }
}
