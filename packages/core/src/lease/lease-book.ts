import type { AddressSearch } from './address-search.ts'
import type { Lease, LeaseChange } from './lease.ts'
import { type LeaseState, type LeaseStep, leaseOf, leasesUnder, withLease } from './lease-state.ts'
import { sameLease } from './lease-step.ts'
import { entryAfter, valueAt, withValue } from './sorted-map.ts'

/**
 * Leases that operations read and change in place. Each operation is written once, for any book: one over a single
 * state (`openBook`), or one that many operations write to before it becomes a state (`draftBook`).
 * @internal
 */
export interface LeaseBook {
  /** The same as `LeaseState.sequence`. */
  readonly sequence: () => number
  /** The lease with this key; null: there is none. */
  readonly find: (key: string) => Lease | null
  /** The leases whose keys begin with a text. */
  readonly under: (prefix: string) => readonly Lease[]
  /** The same as `leaseOf`. */
  readonly ofHolder: (holder: string) => Lease | null
  /**
   * Writes a lease, unless the same one is there already; null removes it.
   *
   * @param holder - the result of `holderKey`, where the caller knows it
   */
  readonly put: (key: string, after: Lease | null, holder?: string) => void
  /** The first released address after a place of `LeaseState.released`: its place and its key. */
  readonly nextReleased: (place: string) => readonly [place: string, key: string] | null
  readonly searched: (place: string) => AddressSearch | null
  readonly noteSearched: (place: string, search: AddressSearch) => void
}

/** Opens a book on one state. `close` returns what one operation changed. */
export const openBook = (
  state: LeaseState,
): LeaseBook & { readonly close: <Result>(result: Result) => LeaseStep<Result> } => {
  let now = state
  const changes: LeaseChange[] = []
  return {
    sequence: () => now.sequence,
    find: (key) => valueAt(now.leases, key),
    under: (prefix) => leasesUnder(now, prefix),
    ofHolder: (holder) => leaseOf(now, holder),
    put: (key, after) => {
      const before = valueAt(now.leases, key)
      if (sameLease(before, after)) return
      now = withLease(now, key, after)
      changes.push({ key, before, after })
    },
    nextReleased: (place) => entryAfter(now.released, place),
    searched: (place) => valueAt(now.searched, place),
    noteSearched: (place, search) => {
      now = { ...now, searched: withValue(now.searched, place, search) }
    },
    close: (result) => ({ state: now, changes, result }),
  }
}
