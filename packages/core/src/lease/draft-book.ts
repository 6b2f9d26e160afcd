import type { AddressSearch } from './address-search.ts'
import type { Lease, LeaseChange } from './lease.ts'
import type { LeaseBook } from './lease-book.ts'
import { addressSpace, holderKey, leaseKey } from './lease-key.ts'
import {
  keysOfHolder,
  type LeaseState,
  leasesUnder,
  preferredLease,
  releaseKeyOf,
  withLease,
} from './lease-state.ts'
import { sameLease } from './lease-step.ts'
import { entryAfter, valueAt, withValue } from './sorted-map.ts'

/**
 * A book for many operations. It keeps what is written in hash maps in front of the state. So taking thousands of
 * leases does not copy paths in the trees of the state.
 * @internal
 */
export interface DraftBook extends LeaseBook {
  /** Has any operation written something? */
  readonly isWritten: () => boolean
  /** The state with everything that was written. Building it costs as much as the single writes would have cost. */
  readonly toState: () => LeaseState
}

const listOf = (keys: string | readonly string[]): readonly string[] =>
  typeof keys === 'string' ? [keys] : keys

/** @param changes - receives the changes that are written */
export const draftBook = (base: LeaseState, changes: LeaseChange[]): DraftBook => {
  const written = new Map<string, Lease | null>()
  /** The keys written for each holder. Some may belong to another holder by now. */
  const byHolder = new Map<string, string | readonly string[]>()
  /** Places of `base.released` whose address is held again, or released at another place. */
  const taken = new Set<string>()
  /** Addresses released since, in the order of their releases. */
  const releasedSince: (readonly [place: string, key: string])[] = []
  const searches = new Map<string, AddressSearch>()
  /** Address spaces in which an address lost its last trace, so that the search starts again. */
  const forgotten = new Set<string>()
  let { sequence } = base

  const find = (key: string): Lease | null => {
    const found = written.get(key)
    return found === undefined ? valueAt(base.leases, key) : found
  }

  const ofHolder = (holder: string): Lease | null => {
    const fresh = byHolder.get(holder)
    const known = keysOfHolder(base, holder)
    if (fresh === undefined && known.length === 0) return null
    const keys = fresh === undefined ? known : [...new Set([...known, ...listOf(fresh)])].sort()
    return preferredLease(keys, (key) => {
      const lease = find(key)
      return lease !== null && holderKey(lease) === holder ? lease : null
    })
  }

  const put = (key: string, after: Lease | null, knownHolder?: string): void => {
    const before = find(key)
    if (sameLease(before, after)) return
    const oldPlace = releaseKeyOf(before)
    if (oldPlace !== null) taken.add(oldPlace)
    const newPlace = releaseKeyOf(after)
    if (newPlace !== null) {
      taken.delete(newPlace)
      releasedSince.push([newPlace, key])
    }
    const holder = after === null ? null : (knownHolder ?? holderKey(after))
    if (holder !== null) {
      const keys = byHolder.get(holder)
      // Most holders have one key, and a list for each would mean thousands of lists.
      if (keys === undefined) byHolder.set(holder, key)
      else if (!listOf(keys).includes(key)) byHolder.set(holder, [...listOf(keys), key])
    }
    if (after?.kind === 'address') sequence = Math.max(sequence, after.released ?? 0)
    if (after === null && before?.kind === 'address') {
      const space = addressSpace(before.on, before.family)
      forgotten.add(space)
      for (const place of searches.keys()) if (place.startsWith(space)) searches.delete(place)
    }
    written.set(key, after)
    changes.push({ key, before, after })
  }

  const nextReleased = (place: string): readonly [string, string] | null => {
    let known = entryAfter(base.released, place)
    while (known !== null && taken.has(known[0])) known = entryAfter(base.released, known[0])
    for (const entry of releasedSince) {
      if (entry[0] <= place || taken.has(entry[0])) continue
      if (known === null || entry[0] < known[0]) known = entry
    }
    return known
  }

  const under = (prefix: string): readonly Lease[] => {
    const found = leasesUnder(base, prefix).filter((lease) => !written.has(leaseKey(lease)))
    for (const [key, lease] of written) if (lease !== null && key.startsWith(prefix)) found.push(lease)
    return found
  }

  return {
    sequence: () => sequence,
    find,
    ofHolder,
    put,
    nextReleased,
    searched: (place) => {
      const found = searches.get(place)
      if (found !== undefined) return found
      for (const space of forgotten) if (place.startsWith(space)) return null
      return valueAt(base.searched, place)
    },
    noteSearched: (place, search) => searches.set(place, search),
    under,
    isWritten: () => written.size > 0 || searches.size > 0,
    toState: () => {
      let state = base
      for (const [key, after] of written) state = withLease(state, key, after)
      let { searched } = state
      for (const [place, search] of searches) searched = withValue(searched, place, search)
      return { ...state, searched, sequence }
    },
  }
}
