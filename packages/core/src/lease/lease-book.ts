import type { AddressSearch } from './address-search.ts'
import type { Lease, LeaseChange } from './lease.ts'
import { type LeaseState, type LeaseStep, leaseOf, leasesUnder, withLease } from './lease-state.ts'
import { sameLease } from './lease-step.ts'
import { entryAfter, valueAt, withValue } from './sorted-map.ts'

/**
 * Leases that are asked and changed in place. Operations are written once, for a book: one that is a state
 * (`openBook`), or one that many operations write in before a state is made of it (`draftBook`).
 * @internal
 */
export interface LeaseBook {
  /** As `LeaseState.sequence`. */
  readonly sequence: () => number
  /** The lease of one thing. */
  readonly find: (key: string) => Lease | null
  /** The leases whose keys begin with a text. */
  readonly under: (prefix: string) => readonly Lease[]
  /** As `leaseOf`. */
  readonly ofHolder: (holder: string) => Lease | null
  /**
   * Writes a lease, unless the same stands there; null takes it out.
   *
   * @param holder - as `holderKey` gives it, where it is known
   */
  readonly put: (key: string, after: Lease | null, holder?: string) => void
  /** The first released address after a place of `LeaseState.released`: its place and its key. */
  readonly nextReleased: (place: string) => readonly [place: string, key: string] | null
  readonly searched: (place: string) => AddressSearch | null
  readonly noteSearched: (place: string, search: AddressSearch) => void
}

/** A book of one state, and what one operation comes to. */
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
