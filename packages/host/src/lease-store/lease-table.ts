import { type Lease, type LeaseChange, type LeaseState, leaseState, withLease } from '@portolan/core'
import { decodeLease, encodeLease } from './lease-record.ts'

/** What a table needs of a database: keys in the order of their bytes. */
export interface KeyValues {
  get(key: string): string | undefined
  put(key: string, value: string): void
  remove(key: string): void
  /** Entries from one key up to, and without, another. */
  range(from: string, to: string): Iterable<readonly [key: string, value: string]>
}

/** Leases at a revision of the store. */
export interface Snapshot {
  readonly revision: number
  readonly leases: LeaseState
}

/** The first thing in a store of ours; a later version of the form is not guessed at. */
const FORMAT = 'portolan leases 1'

/** How many revisions a process may be behind without reading everything anew. */
const LOG_LENGTH = 1024

/** A change of more leases than this is not listed: reading everything costs no more. */
const LONGEST_ENTRY = 1024
const EVERYTHING = '*'

const formatKey = 'format'
const revisionKey = 'revision'
const logKey = (revision: number): string => `log/${String(revision).padStart(16, '0')}`
const leasePrefix = 'lease/'
/** The character after the slash ends the range of what begins with `lease/`. */
const leaseEnd = 'lease0'

/**
 * What the store says of itself.
 * @returns `empty` when there is nothing in it, `foreign` when it is not one of ours, or else its format
 */
export const formOf = (table: KeyValues): 'ours' | 'empty' | { readonly foreign: string } => {
  const format = table.get(formatKey)
  if (format === FORMAT) return 'ours'
  if (format !== undefined) return { foreign: format.slice(0, 60) }
  for (const _entry of table.range('', '\uffff')) return { foreign: 'something else' }
  return 'empty'
}

/**
 * The leases as they are: what is known already, brought up to date with what other processes wrote since.
 * @throws DamagedError
 */
export const follow = (table: KeyValues, known: Snapshot | null): Snapshot => {
  const revision = Number(table.get(revisionKey) ?? '0')
  if (!Number.isSafeInteger(revision)) throw new DamagedError('its revision is no number')
  if (known?.revision === revision) return known
  return (known === null ? null : catchUp(table, known, revision)) ?? { revision, leases: readAll(table) }
}

const catchUp = (table: KeyValues, known: Snapshot, revision: number): Snapshot | null => {
  const behind = revision - known.revision
  if (behind < 0 || behind > LOG_LENGTH) return null
  const keys = new Set<string>()
  for (let at = known.revision + 1; at <= revision; at += 1) {
    const entry = table.get(logKey(at))
    if (entry === undefined || entry === EVERYTHING) return null
    for (const key of entry.split('\n')) keys.add(key)
  }
  let { leases } = known
  for (const key of keys) {
    const text = table.get(`${leasePrefix}${key}`)
    leases = withLease(leases, key, text === undefined ? null : decode(text, key))
  }
  return { revision, leases }
}

const readAll = (table: KeyValues): LeaseState => {
  const leases: Lease[] = []
  for (const [key, text] of table.range(leasePrefix, leaseEnd))
    leases.push(decode(text, key.slice(leasePrefix.length)))
  return leaseState(leases)
}

const decode = (text: string, key: string): Lease => {
  const lease = decodeLease(text, key)
  if (lease === null) throw new DamagedError(`the record ${key.slice(0, 100)} is not what was written`)
  return lease
}

/** Writes changes that follow on a snapshot; the caller makes them one transaction. */
export const writeChanges = (
  table: KeyValues,
  { revision }: Snapshot,
  changes: readonly LeaseChange[],
  leases: LeaseState,
): Snapshot => {
  const next = revision + 1
  if (revision === 0) table.put(formatKey, FORMAT)
  for (const { key, after } of changes) {
    if (after === null) table.remove(`${leasePrefix}${key}`)
    else table.put(`${leasePrefix}${key}`, encodeLease(after))
  }
  const listed = changes.length > LONGEST_ENTRY ? EVERYTHING : changes.map(({ key }) => key).join('\n')
  table.put(logKey(next), listed)
  table.remove(logKey(next - LOG_LENGTH))
  table.put(revisionKey, String(next))
  return { revision: next, leases }
}

/** What is in the store is not what was written there; the message says what, in a clause. */
export class DamagedError extends Error {}
