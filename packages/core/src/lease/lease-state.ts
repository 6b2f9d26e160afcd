import type { AddressSearch } from './address-search.ts'
import type { Lease, LeaseChange, LeasedAddress } from './lease.ts'
import { addressSpace, holderKey, leaseKey } from './lease-key.ts'
import {
  entriesUnder,
  entryAfter,
  fromSorted,
  type SortedMap,
  valueAt,
  withoutKey,
  withValue,
} from './sorted-map.ts'

/**
 * Every lease of a store at one moment. It is a value: operations return a new state and leave the old one as it was.
 * Read it with `listLeases` and `findLease`.
 * @public @since 0.1.0
 */
export interface LeaseState {
  /** Leases by key. */
  readonly leases: SortedMap<Lease>
  /**
   * Keys of leases, by holder and key. An address that a holder has released stays here until another holder takes it.
   */
  readonly holders: SortedMap<string>
  /** Keys of released addresses, by address space, least recently released first. */
  readonly released: SortedMap<string>
  /**
   * How far the search for a never leased address has come, by address space and bounds. A store does not keep this.
   */
  readonly searched: SortedMap<AddressSearch>
  /** A number that grows with every release. */
  readonly sequence: number
}

/**
 * The result of an operation: the state after it, and its changes, for a store to write.
 * @public @since 0.1.0
 */
export interface LeaseStep<Result> {
  readonly state: LeaseState
  readonly changes: readonly LeaseChange[]
  readonly result: Result
}

/**
 * A store without a lease.
 * @public @since 0.1.0
 */
export const emptyLeases: LeaseState = Object.freeze({
  leases: null,
  holders: null,
  released: null,
  searched: null,
  sequence: 0,
})

const releaseKey = (lease: LeasedAddress, sequence: number): string =>
  `${addressSpace(lease.on, lease.family)}${String(sequence).padStart(16, '0')}`

/**
 * The place of a released address in `LeaseState.released`; null for any other lease.
 * @internal
 */
export const releaseKeyOf = (lease: Lease | null): string | null =>
  lease?.kind === 'address' && lease.released !== null ? releaseKey(lease, lease.released) : null

const holderEntry = (holder: string, key: string): string => `${holder} ${key}`

/**
 * Builds a state from leases.
 *
 * @param leases - each with a key of its own
 * @example
 * leaseState(rows.map((row) => parseLease(row)))
 * @public @since 0.1.0
 */
export const leaseState = (leases: Iterable<Lease>): LeaseState => {
  const order = (a: readonly [string, unknown], b: readonly [string, unknown]): number =>
    a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0
  const entries = [...leases].map((lease): readonly [string, Lease] => [leaseKey(lease), lease]).sort(order)
  const holders: (readonly [string, string])[] = []
  const released: (readonly [string, string])[] = []
  let sequence = 0
  for (const [key, lease] of entries) {
    const place = releaseKeyOf(lease)
    if (place !== null) released.push([place, key])
    if (lease.kind === 'address') sequence = Math.max(sequence, lease.released ?? 0)
    const holder = holderKey(lease)
    if (holder !== null) holders.push([holderEntry(holder, key), key])
  }
  return {
    leases: fromSorted(entries),
    holders: fromSorted(holders.sort(order)),
    released: fromSorted(released.sort(order)),
    searched: null,
    sequence,
  }
}

/**
 * Replaces or removes one lease of a state. A store follows the writes of other processes with this.
 *
 * @param key - the result of `leaseKey`
 * @param after - null: remove the lease
 * @example
 * withLease(state, leaseKey(lease), null)
 * @public @since 0.1.0
 */
export const withLease = (state: LeaseState, key: string, after: Lease | null): LeaseState => {
  const before = valueAt(state.leases, key)
  let { holders, released, searched, sequence } = state
  const oldOrder = releaseKeyOf(before)
  if (oldOrder !== null) released = withoutKey(released, oldOrder)
  const oldHolder = before === null ? null : holderKey(before)
  const newHolder = after === null ? null : holderKey(after)
  if (oldHolder !== null && oldHolder !== newHolder)
    holders = withoutKey(holders, holderEntry(oldHolder, key))
  if (newHolder !== null && oldHolder !== newHolder)
    holders = withValue(holders, holderEntry(newHolder, key), key)
  const newOrder = releaseKeyOf(after)
  if (newOrder !== null) released = withValue(released, newOrder, key)
  if (after?.kind === 'address') sequence = Math.max(sequence, after.released ?? 0)
  // The search has already passed an address that loses its last trace. Without a new start it would never find the
  // address.
  if (after === null && before?.kind === 'address')
    searched = withoutUnder(searched, addressSpace(before.on, before.family))
  const leases = after === null ? withoutKey(state.leases, key) : withValue(state.leases, key, after)
  return { leases, holders, released, searched, sequence }
}

const withoutUnder = <Value>(map: SortedMap<Value>, prefix: string): SortedMap<Value> => {
  let rest = map
  for (const [key] of entriesUnder(map, prefix)) rest = withoutKey(rest, key)
  return rest
}

/**
 * Lists every lease, held and released, in the order of the keys.
 * @example
 * listLeases(emptyLeases) // []
 * @public @since 0.1.0
 */
export const listLeases = (state: LeaseState): readonly Lease[] =>
  entriesUnder(state.leases, '').map(([, lease]) => lease)

/**
 * The lease with this key; null when the thing is free.
 *
 * @param key - the result of `leaseKey`
 * @example
 * findLease(state, leaseKey(lease))
 * @public @since 0.1.0
 */
export const findLease = (state: LeaseState, key: string): Lease | null => valueAt(state.leases, key)

/**
 * The lease that a holder has, or else the last one that it released, if no other holder has taken it; null: neither
 * exists.
 *
 * @param holder - the result of `holderKey`
 * @internal
 */
export const leaseOf = (state: LeaseState, holder: string): Lease | null =>
  preferredLease(keysOfHolder(state, holder), (key) => valueAt(state.leases, key))

/**
 * The keys of the leases that a holder has, or has released and no other holder has taken, in order.
 * @internal
 */
export const keysOfHolder = (state: LeaseState, holder: string): readonly string[] => {
  if (state.holders === null) return []
  const entries = `${holder} `
  const keys: string[] = []
  for (let place = entries; ; ) {
    const entry = entryAfter(state.holders, place)
    if (entry === null || !entry[0].startsWith(entries)) return keys
    place = entry[0]
    keys.push(entry[1])
  }
}

/**
 * Chooses among the leases of one holder: the first that is held, or else the one released last.
 *
 * @param keys - the keys of the holder, in order
 * @internal
 */
export const preferredLease = (
  keys: readonly string[],
  find: (key: string) => Lease | null,
): Lease | null => {
  let last: Lease | null = null
  for (const key of keys) {
    const lease = find(key)
    if (lease === null) continue
    if (lease.kind !== 'address' || lease.released === null) return lease
    if (last?.kind !== 'address' || (last.released ?? 0) < lease.released) last = lease
  }
  return last
}

/**
 * The leases whose keys begin with a text, in order.
 * @internal
 */
export const leasesUnder = (state: LeaseState, prefix: string): readonly Lease[] =>
  entriesUnder(state.leases, prefix).map(([, lease]) => lease)
