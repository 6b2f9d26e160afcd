import type { BlockStore } from '@portolan/core'
import { openServers } from './etcd-servers.ts'
import type { EtcdStoreOptions } from './etcd-store-options.ts'
import { oneKey } from './key-space.ts'
import { lastReading, readKeys } from './read-keys.ts'
import { type ErrorWords, readingError } from './store-errors.ts'
import { watchKeys } from './watch-keys.ts'

/** @public @since 0.1.0 */
export interface EtcdKeyOptions extends Omit<EtcdStoreOptions, 'cluster'> {
  /** The key, such as `/shop` in `etcdctl put /shop`. */
  readonly key: string
}

/**
 * Opens one key of etcd, to be read and watched as `openEtcdStore` does for the keys of a cluster. The key of its entry
 * is empty.
 *
 * @example
 * const text = openEtcdKey({ key: '/shop', endpoints: ['127.0.0.1:2379'] })
 * await text.close()
 * @public @since 0.1.0
 */
export const openEtcdKey = (options: EtcdKeyOptions): Pick<BlockStore, 'read' | 'watch' | 'close'> => {
  const { key } = options
  const keys = oneKey(key)
  const servers = openServers(options)
  const last = lastReading(keys)
  const words: ErrorWords = {
    unreachable: `What the key ${key} holds now is not known.`,
    allowed: `may read the key ${key}`,
    grant: `etcdctl role grant-permission ROLE read ${key}`,
  }
  return {
    read: async () => {
      try {
        return last.note(await servers.ask((client) => readKeys(client, keys), 'beside'))
      } catch (error) {
        throw readingError(error, options, words)
      }
    },
    watch: (from) =>
      watchKeys(servers, keys, from, last, (error) => readingError(error, options, words), options.timeoutMs),
    close: async () => servers.close(),
  }
}
