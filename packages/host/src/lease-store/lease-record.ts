import { crc32 } from 'node:zlib'
import { type Lease, leaseKey, parseLease } from '@portolan/core'

/** Encodes a lease for the store: a checksum, which LMDB itself does not keep, and JSON. */
export const encodeLease = (lease: Lease): string => withChecksum(JSON.stringify(lease))

/**
 * Reads the lease at a key.
 * @returns null when the text is no lease, or not the one that was written at this key
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
 * The number of leases in a store, and the exclusive or of their checksums. Each change updates both. So a lease that
 * damage hides from a search is noticed as missing.
 */
export interface Seal {
  readonly count: number
  readonly sum: number
}

export const emptySeal: Seal = { count: 0, sum: 0 }

/** The seal after a record replaced another; undefined: no record. */
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

/** Encodes the revision of a store with the seal of its leases. */
export const encodeHead = (revision: number, { count, sum }: Seal): string =>
  withChecksum(`${revision} ${count} ${sum}`)

/** @returns null when the text is damaged; the seal is null where an earlier Portolan wrote, which had none */
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
