import { crc32 } from 'node:zlib'
import { type Lease, leaseKey, parseLease } from '@portolan/core'

/** A lease as it stands in the store: a checksum, which LMDB itself does not keep, and JSON. */
export const encodeLease = (lease: Lease): string => withChecksum(JSON.stringify(lease))

/**
 * Reads a lease that stands at a key.
 * @returns null when it is none, or not the one that was written there
 */
export const decodeLease = (text: string, key: string): Lease | null => {
  const json = withoutChecksum(text)
  if (json === null) return null
  try {
    const lease = parseLease(JSON.parse(json))
    return lease !== null && leaseKey(lease) === key ? lease : null
  } catch {
    return null
  }
}

/**
 * How many leases are in a store, and all their checksums in one (exclusive or). Written with every change: a lease that
 * damage has put out of the reach of a search is missing from it.
 */
export interface Seal {
  readonly count: number
  readonly sum: number
}

export const emptySeal: Seal = { count: 0, sum: 0 }

/** The seal after a record took the place of another; undefined: none. */
export const reseal = (
  { count, sum }: Seal,
  before: string | undefined,
  after: string | undefined,
): Seal => ({
  count: count + (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1),
  sum: (sum ^ checksumOf(before) ^ checksumOf(after)) >>> 0,
})

const checksumOf = (record: string | undefined): number =>
  record === undefined ? 0 : Number.parseInt(record.slice(0, 8), 16)

/** The revision of a store, with what seals its leases. */
export const encodeHead = (revision: number, { count, sum }: Seal): string =>
  withChecksum(`${revision} ${count} ${sum}`)

/**
 * @returns null when it is not what was written; the seal is null where an earlier Portolan wrote, which had none
 */
export const decodeHead = (
  text: string,
): { readonly revision: number; readonly seal: Seal | null } | null => {
  if (/^\d{1,15}$/.test(text)) return { revision: Number(text), seal: null }
  const [revision, count, sum, ...more] = (withoutChecksum(text) ?? '').split(' ').map(Number)
  if (revision === undefined || count === undefined || sum === undefined || more.length > 0) return null
  return { revision, seal: { count, sum } }
}

const withChecksum = (text: string): string => `${crc32(text).toString(16).padStart(8, '0')} ${text}`

const withoutChecksum = (record: string): string | null => {
  const text = record.slice(9)
  return record === withChecksum(text) ? text : null
}
