import { applyOperations, type Entries, holds } from './apply-operations.ts'
import type {
  BlockChanges,
  BlockCommit,
  BlockOperation,
  BlockStore,
  BlockTransaction,
  BlockWatch,
} from './block-store.ts'
import { BlockStoreError } from './block-store-error.ts'

/**
 * A store in memory, with two functions that only tests need.
 * @public @since 0.1.0
 */
export interface MemoryBlockStore extends BlockStore {
  /** Lets a lease run out, as if its host had been silent for too long. */
  expireLease(lease: string): void
  /** Forgets all changes before this revision. A watch from an earlier revision ends. */
  compact(revision: number): void
}

/**
 * A block store in the memory of its process, for tests. Many hosts in one process agree through it as hosts of a
 * cluster do through etcd, and the store passes the same tests. Its leases do not run out by themselves.
 *
 * @example
 * const store = memoryBlockStore()
 * await runBlockSteps(store, setUpCluster(['10.64.0.0/12:24']))
 * @public @since 0.1.0
 */
export const memoryBlockStore = (): MemoryBlockStore => {
  let entries: Entries = new Map()
  let revision = 0
  let compacted = 0
  let nextLease = 1
  const log: BlockChanges[] = []
  const leases = new Map<string, Set<string>>()
  const waiting = new Set<() => void>()
  const write = (operations: readonly BlockOperation[]): number => {
    const written = operations.filter(({ kind, key }) => kind === 'put' || entries.has(key))
    if (written.length === 0) return revision
    revision += 1
    entries = applyOperations(entries, written, revision)
    for (const operation of written) {
      if (operation.kind === 'put' && operation.keepsLease === true) continue
      for (const keys of leases.values()) keys.delete(operation.key)
      if (operation.kind === 'put' && operation.lease !== null)
        leases.get(operation.lease)?.add(operation.key)
    }
    log.push({
      revision,
      changes: written.map(({ key }) => ({ key, entry: entries.get(key) ?? null })),
    })
    for (const wake of [...waiting]) wake()
    return revision
  }
  const endLease = (lease: string): void => {
    const keys = leases.get(lease)
    leases.delete(lease)
    write([...(keys ?? [])].map((key) => ({ kind: 'delete', key })))
  }
  const commit = ({ when, writes }: BlockTransaction): BlockCommit => {
    if (when.every((condition) => holds(entries, condition)))
      return { kind: 'committed', revision: write(writes) }
    const found = [...new Set(when.map(({ key }) => key))].flatMap((key) => entries.get(key) ?? [])
    return { kind: 'refused', revision, found }
  }
  const watch = (from: number): BlockWatch => {
    let isClosed = false
    let wake = (): void => {}
    const changes = async function* (): AsyncGenerator<BlockChanges, void, undefined> {
      for (let next = from; !isClosed; ) {
        if (next < compacted) throw compactedError(next)
        const due = log.find(({ revision: made }) => made >= next)
        if (due === undefined)
          await new Promise<void>((resolve) => {
            wake = () => {
              waiting.delete(wake)
              resolve()
            }
            waiting.add(wake)
          })
        else {
          next = due.revision + 1
          yield due
        }
      }
    }
    return {
      [Symbol.asyncIterator]: changes,
      close: () => {
        isClosed = true
        wake()
      },
    }
  }
  return {
    read: async () => ({ revision, entries: [...entries.values()].toSorted(byKey) }),
    commit: async (transaction) => commit(transaction),
    watch,
    grantLease: async () => {
      const lease = String(nextLease)
      nextLease += 1
      leases.set(lease, new Set())
      return lease
    },
    keepLease: async (lease) => leases.has(lease),
    revokeLease: async (lease) => endLease(lease),
    close: async () => {},
    expireLease: endLease,
    compact: (until) => {
      compacted = until
      log.splice(0, log.length, ...log.filter((changes) => changes.revision >= until))
    },
  }
}

const byKey = (one: { readonly key: string }, other: { readonly key: string }): number =>
  one.key < other.key ? -1 : 1

const compactedError = (from: number): BlockStoreError =>
  new BlockStoreError(
    'CLUSTER_COMPACTED',
    `The store has compacted revision ${from}, so what changed since then is not known. Read the keys again, and watch from there.`,
  )
