/**
 * A key of a store, with its value at some revision.
 * @public @since 0.1.0
 */
export interface BlockEntry {
  /** The name inside the cluster: `pools`, `blocks/ip/0a400000-24`, `hosts/web-1`. */
  readonly key: string
  readonly value: string
  /** The revision at which the key was created. */
  readonly created: number
  /** The revision at which it was last written. */
  readonly modified: number
}

/**
 * Every key of a cluster at one revision.
 * @public @since 0.1.0
 */
export interface BlockSnapshot {
  readonly revision: number
  readonly entries: readonly BlockEntry[]
}

/**
 * A condition of a transaction.
 * - `created`, `modified`: the key was created, or last written, at this revision; 0: the key does not exist.
 * - `unchanged`: no key that begins with `key` was written after this revision. A removed key is no hindrance.
 *
 * @public @since 0.1.0
 */
export interface BlockCondition {
  readonly kind: 'created' | 'modified' | 'unchanged'
  readonly key: string
  readonly revision: number
}

/** @public @since 0.1.0 */
export type BlockOperation =
  | {
      readonly kind: 'put'
      readonly key: string
      readonly value: string
      /** The lease that the key ends with, as `grantLease` gives it; null: the key stays. */
      readonly lease: string | null
      /** The key exists and keeps its lease; `lease` is null then. */
      readonly keepsLease?: boolean
    }
  | { readonly kind: 'delete'; readonly key: string }

/**
 * Conditions and operations at one revision: either all operations are carried out, or none.
 * @public @since 0.1.0
 */
export interface BlockTransaction {
  readonly when: readonly BlockCondition[]
  readonly writes: readonly BlockOperation[]
}

/**
 * How a transaction ended.
 * @public @since 0.1.0
 */
export type BlockCommit =
  | { readonly kind: 'committed'; readonly revision: number }
  /**
   * A condition did not hold, and nothing changed. `found` has the present keys of the conditions, except those of
   * `unchanged`.
   */
  | { readonly kind: 'refused'; readonly revision: number; readonly found: readonly BlockEntry[] }

/**
 * The changes of one transaction. `entry` is null for a key that was removed, or that ended with its lease.
 * @public @since 0.1.0
 */
export interface BlockChanges {
  readonly revision: number
  readonly changes: readonly { readonly key: string; readonly entry: BlockEntry | null }[]
}

/**
 * Changes as they come, one transaction at a time.
 * @public @since 0.1.0
 */
export interface BlockWatch extends AsyncIterable<BlockChanges> {
  /** Ends the watch, and any loop over it. */
  close(): void
}

/**
 * The place where the hosts of a cluster agree which host has which block. All hosts see the same revisions, and
 * transactions come one after the other. `claimBlocks` and the other steps rely only on that. `memoryBlockStore` is a
 * store for tests, and `openEtcdStore` of `@portolan/etcd` one for many hosts.
 *
 * @example
 * const store: BlockStore = memoryBlockStore()
 * await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24']))
 * const { revision, entries } = await store.read()
 * revision // 1
 * entries[0]?.key // 'pools'
 * @public @since 0.1.0
 */
export interface BlockStore {
  /**
   * Reads all keys as they are at the moment of the call.
   * @throws BlockStoreError `CLUSTER_UNREACHABLE`
   */
  read(): Promise<BlockSnapshot>
  /**
   * Carries out a transaction, if its conditions hold.
   * @param transaction - of fewer than 128 operations
   * @throws BlockStoreError `CLUSTER_OUTCOME_UNKNOWN` where no answer came: the transaction may have been carried out,
   * or may be carried out later
   */
  commit(transaction: BlockTransaction): Promise<BlockCommit>
  /**
   * Watches every change from a revision on, in order, until it is closed.
   * @param from - one more than the revision of a snapshot
   * @throws BlockStoreError `CLUSTER_COMPACTED` where the store no longer has that revision, or lost its data before it
   * reached it: read again, and watch from there. `CLUSTER_UNREACHABLE` where the store is lost in between.
   */
  watch(from: number): BlockWatch
  /**
   * Grants a lease. Keys put with it are removed unless `keepLease` is called again within this time, over and over.
   */
  grantLease(seconds: number): Promise<string>
  /** Renews a lease; false: it has run out, and its keys are gone. */
  keepLease(lease: string): Promise<boolean>
  /** Ends a lease and removes its keys. */
  revokeLease(lease: string): Promise<void>
  close(): Promise<void>
}
