import { crc32 } from 'node:zlib'
import { type Lease, leaseKey, parseLease } from '@portolan/core'

/** A lease as it stands in the store: a checksum, which LMDB itself does not keep, and JSON. */
export const encodeLease = (lease: Lease): string => {
  const json = JSON.stringify(lease)
  return `${checksum(json)} ${json}`
}

/**
 * Reads a lease that stands at a key.
 * @returns null when it is none, or not the one that was written there
 */
export const decodeLease = (text: string, key: string): Lease | null => {
  const json = text.slice(9)
  if (text.slice(0, 9) !== `${checksum(json)} `) return null
  try {
    const lease = parseLease(JSON.parse(json))
    return lease !== null && leaseKey(lease) === key ? lease : null
  } catch {
    return null
  }
}

const checksum = (json: string): string => crc32(json).toString(16).padStart(8, '0')
