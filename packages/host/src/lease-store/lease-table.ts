import {
  emptyLeases,
  findLease,
  type Lease,
  type LeaseChange,
  type LeaseState,
  leaseState,
  withLease,
} from '@portolan/core'
import {
  decodeHead,
  decodeLease,
  emptySeal,
  encodeHead,
  encodeLease,
  reseal,
  type Seal,
} from './lease-record.ts'

/** A sorted table of keys and values. The keys are in the order of their bytes. */
export interface KeyValues {
  get(key: string): string | undefined
  put(key: string, value: string): void
  remove(key: string): void
  /** The entries from `from` up to, but without, `to`. */
  range(from: string, to: string): Iterable<readonly [key: string, value: string]>
}

/** The leases at one revision of the store. */
export interface Snapshot {
  readonly revision: number
  readonly leases: LeaseState
  readonly seal: Seal
}

export const emptySnapshot: Snapshot = { revision: 0, leases: emptyLeases, seal: emptySeal }

/** The format that each store of ours names. A later format is refused, not guessed at. */
const FORMAT = 'portolan leases 1'

/** How many revisions a process may be behind before it reads all leases again. */
const LOG_LENGTH = 1024

/** The most leases that a log entry lists. For a larger change, reading all leases costs no more. */
const LONGEST_ENTRY = 1024
const EVERYTHING = '*'

const formatKey = 'format'
const revisionKey = 'revision'
const logKey = (revision: number): string => `log/${String(revision).padStart(16, '0')}`
const leasePrefix = 'lease/'
/** The end of the range of keys that begin with `lease/`: "0" is the character after the slash. */
const leaseEnd = 'lease0'

/**
 * Reads the format of the store.
 * @returns `empty` when there is nothing in it, `foreign` with its format when it is not a store of ours
 */
export const formOf = (table: KeyValues): 'ours' | 'empty' | { readonly foreign: string } => {
  const format = table.get(formatKey)
  if (format === FORMAT) return 'ours'
  if (format !== undefined) return { foreign: format.slice(0, 60) }
  for (const _entry of table.range('', '\uffff')) return { foreign: 'something else' }
  return 'empty'
}

/**
 * The current leases: the known ones, updated with what other processes wrote since.
 * @throws DamagedError
 */
export const follow = (table: KeyValues, known: Snapshot | null): Snapshot => {
  const head = decodeHead(table.get(revisionKey) ?? '')
  if (head === null) throw new DamagedError('its revision is corrupt')
  const { revision, seal } = head
  if (known?.revision === revision) return known
  const caughtUp = known === null ? null : catchUp(table, known, revision)
  // If the log does not lead to the sealed leases, all leases are read: the log itself may be damaged.
  if (caughtUp !== null && isSealed(caughtUp, seal)) return caughtUp
  const all = readAll(table, revision)
  if (!isSealed(all, seal))
    throw new DamagedError(`it holds ${all.seal.count} leases, and they are not all that were written`)
  return all
}

const isSealed = ({ seal: { count, sum } }: Snapshot, written: Seal | null): boolean =>
  written === null || (written.count === count && written.sum === sum)

const catchUp = (table: KeyValues, known: Snapshot, revision: number): Snapshot | null => {
  const behind = revision - known.revision
  if (behind < 0 || behind > LOG_LENGTH) return null
  const keys = new Set<string>()
  for (let at = known.revision + 1; at <= revision; at += 1) {
    const entry = table.get(logKey(at))
    if (entry === undefined || entry === EVERYTHING) return null
    for (const key of entry.split('\n')) keys.add(key)
  }
  let { leases, seal } = known
  for (const key of keys) {
    const text = table.get(`${leasePrefix}${key}`)
    const before = findLease(leases, key)
    seal = reseal(seal, before === null ? undefined : encodeLease(before), text)
    leases = withLease(leases, key, text === undefined ? null : decode(text, key))
  }
  return { revision, leases, seal }
}

const readAll = (table: KeyValues, revision: number): Snapshot => {
  const leases: Lease[] = []
  let seal = emptySeal
  for (const [key, text] of table.range(leasePrefix, leaseEnd)) {
    leases.push(decode(text, key.slice(leasePrefix.length)))
    seal = reseal(seal, undefined, text)
  }
  return { revision, leases: leaseState(leases), seal }
}

const decode = (text: string, key: string): Lease => {
  const lease = decodeLease(text, key)
  if (lease === null) throw new DamagedError(`the record ${key.slice(0, 100)} is corrupt`)
  return lease
}

/** Writes changes on top of a snapshot. The caller makes them one transaction. */
export const writeChanges = (
  table: KeyValues,
  prepare: (entries: number, bytes: number) => void,
  snapshot: Snapshot,
  changes: readonly LeaseChange[],
  leases: LeaseState,
): Snapshot => {
  const revision = snapshot.revision + 1
  let { seal } = snapshot
  const listed = changes.length > LONGEST_ENTRY ? EVERYTHING : changes.map(({ key }) => key).join('\n')
  const records = changes.map(({ key, after }) => ({
    key: `${leasePrefix}${key}`,
    text: after === null ? undefined : encodeLease(after),
  }))
  const lengths = records.map(
    ({ key, text = '' }) => Buffer.byteLength(key) + Buffer.byteLength(text) + ENTRY,
  )
  prepare(
    records.length + OTHER_ENTRIES,
    lengths.reduce((sum, length) => sum + length, listed.length * 2),
  )
  for (const { key, text } of records) {
    seal = reseal(seal, table.get(key), text)
    if (text === undefined) table.remove(key)
    else table.put(key, text)
  }
  if (snapshot.revision === 0) table.put(formatKey, FORMAT)
  table.put(logKey(revision), listed)
  table.remove(logKey(revision - LOG_LENGTH))
  table.put(revisionKey, encodeHead(revision, seal))
  return { revision, leases, seal }
}

/** Bytes that an entry takes besides its key and value (mdb.c `MDB_node`, and its place in the page). */
const ENTRY = 10
/** The other entries of a transaction: the format, the revision, and two entries of the log. */
const OTHER_ENTRIES = 4

/** The error of a store that does not hold what was written. Its message is a clause that says what is wrong. */
export class DamagedError extends Error {}
