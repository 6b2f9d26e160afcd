import {
  type BlockChanges,
  type BlockStore,
  BlockStoreError,
  type BlockWatch,
  blockStoreErrorCode,
  parseClusterUrl,
} from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { errorCode } from '@portolan/netfilter/schema'
import { version } from '../version.ts'
import { type FreshStore, filesStamp, freshStore } from './fresh-access.ts'
import { serverAccess } from './server-access.ts'

/** An open cluster. */
export interface Cluster {
  readonly name: string
  readonly store: BlockStore
  /** The addresses of the etcd servers: `192.0.2.1:2379`. */
  readonly endpoints: readonly string[]
}

/**
 * Opens the cluster of a URL. Only this file loads the package that talks to etcd.
 *
 * @param voteMs - how long to wait for servers that elect a leader, in ms; undefined: as `openEtcdStore` does
 * @throws InvalidRequestError for an invalid URL, or a file of it that cannot be read
 * @throws PortolanError `MISSING_PACKAGE` when the package is not installed
 */
export const openCluster = async (url: string, voteMs?: number): Promise<Cluster> => {
  const address = parseClusterUrl(url)
  const { openEtcdStore } = await loadAdapter()
  const { cluster, endpoints } = address
  const fresh = freshStore(
    () => openEtcdStore({ cluster, ...serverAccess(address), ...(voteMs === undefined ? {} : { voteMs }) }),
    () => filesStamp(address),
  )
  const store: BlockStore = {
    ...keyOf(fresh),
    commit: (transaction) => fresh.ask((one) => one.commit(transaction)),
    grantLease: (seconds) => fresh.ask((one) => one.grantLease(seconds)),
    keepLease: (lease) => fresh.ask((one) => one.keepLease(lease)),
    revokeLease: (lease) => fresh.ask((one) => one.revokeLease(lease)),
  }
  return { name: cluster, store: withOwnErrors(store), endpoints }
}

/** A single key of etcd that can be read and watched. */
export type ClusterKey = Pick<BlockStore, 'read' | 'watch' | 'close'>

/**
 * Opens one key on the servers of a cluster.
 *
 * @param url - the URL of the cluster
 * @throws InvalidRequestError as `openCluster` does
 */
export const openClusterKey = async (url: string, key: string): Promise<ClusterKey> => {
  const address = parseClusterUrl(url)
  const { openEtcdKey } = await loadAdapter()
  const fresh = freshStore(
    () => openEtcdKey({ key, ...serverAccess(address) }),
    () => filesStamp(address),
  )
  return keyWithOwnErrors(keyOf(fresh))
}

const keyOf = <Store extends ClusterKey>(fresh: FreshStore<Store>): ClusterKey => ({
  read: () => fresh.ask((one) => one.read()),
  watch: fresh.watch,
  close: fresh.close,
})

/**
 * Converts an error of the package. The package has its own copy of the error class, so `instanceof` would fail here.
 */
const ownError = (error: unknown): unknown => {
  const code = blockStoreErrorCode(error)
  return code === null || error instanceof PortolanError
    ? error
    : new BlockStoreError(code, (error as Error).message, { cause: error, ...faultsOf(error) })
}

const faultsOf = (error: unknown): Pick<BlockStoreError, 'certificate' | 'user'> => {
  const { certificate, user } = error as Pick<BlockStoreError, 'certificate' | 'user'>
  return { ...(certificate === undefined ? {} : { certificate }), ...(user === undefined ? {} : { user }) }
}

const own =
  <Arguments extends readonly unknown[], Result>(work: (...given: Arguments) => Promise<Result>) =>
  async (...given: Arguments): Promise<Result> => {
    try {
      return await work(...given)
    } catch (error) {
      throw ownError(error)
    }
  }

const keyWithOwnErrors = (store: ClusterKey): ClusterKey => {
  const watch = (from: number): BlockWatch => {
    const inner = store.watch(from)
    const changes = async function* (): AsyncGenerator<BlockChanges, void, undefined> {
      try {
        yield* inner
      } catch (error) {
        throw ownError(error)
      }
    }
    return { [Symbol.asyncIterator]: changes, close: inner.close }
  }
  return { read: own(store.read), watch, close: own(store.close) }
}

const withOwnErrors = (store: BlockStore): BlockStore => ({
  ...keyWithOwnErrors(store),
  commit: own(store.commit),
  grantLease: own(store.grantLease),
  keepLease: own(store.keepLease),
  revokeLease: own(store.revokeLease),
})

const loadAdapter = async (): Promise<typeof import('@portolan/etcd')> => {
  try {
    return await import('@portolan/etcd')
  } catch (cause) {
    const code = errorCode(cause)
    if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new PortolanError(
      'MISSING_PACKAGE',
      `A cluster is named, but the package that talks to etcd is missing or incomplete. Only clusters need it, so it does not come with portolan. Install it where portolan is: npm install @portolan/etcd@${version} (with --global if portolan is).`,
      { cause },
    )
  }
}
