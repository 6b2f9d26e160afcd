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
 * Every lease of a store at one moment. A value: operations give a new one and leave it as it was. Ask it through
 * `listLeases` and `findLease`.
 * @public @since 0.1.0
 */
export interface LeaseState {
  /** By what is leased. */
  readonly leases: SortedMap<Lease>
  /** By holder, and then by what is leased: the key of everything a holder has, or had and no other holder got. */
  readonly holders: SortedMap<string>
  /** Released addresses of a space, least recently released first. */
  readonly released: SortedMap<string>
  /** How far the search for an address that was never leased has come, by space and bounds. Not kept in a store. */
  readonly searched: SortedMap<AddressSearch>
  /** Grows with every release. */
  readonly sequence: number
}

/**
 * What an operation comes to: the state after it and what it changed, for a store to write.
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
 * The state made of leases.
 *
 * @param leases - each of another thing
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
 * The state with one lease put in place of what was there, or taken out: how a store follows what others wrote.
 *
 * @param key - as `leaseKey` gives it
 * @param after - null: taken out
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
  // An address without any trace of a lease is below where the search has come.
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
 * Every lease, held and released, in the order of what is leased.
 * @example
 * listLeases(emptyLeases) // []
 * @public @since 0.1.0
 */
export const listLeases = (state: LeaseState): readonly Lease[] =>
  entriesUnder(state.leases, '').map(([, lease]) => lease)

/**
 * The lease of one thing; null when it is free.
 *
 * @param key - as `leaseKey` gives it
 * @example
 * findLease(state, leaseKey(lease))
 * @public @since 0.1.0
 */
export const findLease = (state: LeaseState, key: string): Lease | null => valueAt(state.leases, key)

/**
 * The lease that a holder has, or else the one that it released last and no other holder got; null if there is neither.
 *
 * @param holder - as `holderKey` gives it
 * @internal
 */
export const leaseOf = (state: LeaseState, holder: string): Lease | null =>
  preferredLease(keysOfHolder(state, holder), (key) => valueAt(state.leases, key))

/**
 * The keys of what a holder has, or had and no other holder got, in order.
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
 * Of the leases of one holder the first that is held; or else the one that was released last.
 *
 * @param keys - in order
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
