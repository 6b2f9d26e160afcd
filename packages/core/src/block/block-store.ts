/**
 * A key of a store as it is at some revision.
 * @public @since 0.1.0
 */
export interface BlockEntry {
  /** Within the cluster: `pools`, `blocks/ip/0a400000-24`, `hosts/web-1`. */
  readonly key: string
  readonly value: string
  /** The revision at which the key came to be. */
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
 * What has to hold of a key for a transaction to be carried out: that it was created, or last written, at this revision.
 * 0: that it is not there. `unchanged`: that no key which begins with `key` was written after this revision; one that
 * was removed meanwhile is no hindrance.
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
      /** The lease that the key goes with, as `grantLease` gives it; null: it stays. */
      readonly lease: string | null
      /** The key is there, and stays with the lease that it has; `lease` is null then. */
      readonly keepsLease?: boolean
    }
  | { readonly kind: 'delete'; readonly key: string }

/**
 * Conditions that are looked at and operations that are carried out at one revision: all of them, or none.
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
  /** A condition did not hold, so nothing was changed. `found` has the keys of the conditions, where they are there, but for `unchanged`. */
  | { readonly kind: 'refused'; readonly revision: number; readonly found: readonly BlockEntry[] }

/**
 * What one transaction changed. `entry` is null where the key was removed, or went with its lease.
 * @public @since 0.1.0
 */
export interface BlockChanges {
  readonly revision: number
  readonly changes: readonly { readonly key: string; readonly entry: BlockEntry | null }[]
}

/**
 * Changes as they come, a transaction each.
 * @public @since 0.1.0
 */
export interface BlockWatch extends AsyncIterable<BlockChanges> {
  /** Ends it; a loop over it ends too. */
  close(): void
}

/**
 * Where hosts of a cluster agree which of them has which block. Every revision is seen by all hosts alike, and
 * transactions come one after the other: that is all the rules of `claimBlocks` and the other steps rely on.
 * `memoryBlockStore` is one for tests, `openEtcdStore` of `@portolan/etcd` one for many hosts.
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
   * All keys, as they are when it is asked.
   * @throws BlockStoreError `CLUSTER_UNREACHABLE`
   */
  read(): Promise<BlockSnapshot>
  /**
   * @param transaction - of fewer than 128 operations
   * @throws BlockStoreError `CLUSTER_OUTCOME_UNKNOWN` where no answer came: it may have been carried out, or be carried
   * out later
   */
  commit(transaction: BlockTransaction): Promise<BlockCommit>
  /**
   * Every change from a revision on, in order, until it is closed.
   * @param from - one more than the revision of a snapshot
   * @throws BlockStoreError `CLUSTER_COMPACTED` where the store no longer has that revision, or lost its data before it got
   * there: read again, and watch from there. `CLUSTER_UNREACHABLE` where the store is lost meanwhile.
   */
  watch(from: number): BlockWatch
  /** A lease: keys that are put with it are removed unless `keepLease` is called again and again in less than this time. */
  grantLease(seconds: number): Promise<string>
  /** Renews a lease. False: it has run out, and its keys are gone. */
  keepLease(lease: string): Promise<boolean>
  /** Ends a lease; its keys are removed. */
  revokeLease(lease: string): Promise<void>
  close(): Promise<void>
}
