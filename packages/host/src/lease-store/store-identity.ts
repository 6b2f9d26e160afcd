import { statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Identifies the file that holds the leases of a state directory. A file that replaces it has another identity; a
 * transaction keeps the identity.
 *
 * @returns null: there is no such file
 * @example
 * leaseStoreIdentity('/nowhere') // null
 * @public @since 0.1.0
 */
export const leaseStoreIdentity = (directory: string): string | null => {
  const found = storeFile(directory)
  return found === undefined ? null : textOf(found)
}

/**
 * Identifies the state of the lease file: like `leaseStoreIdentity`, but it changes with each transaction that changed
 * a lease.
 *
 * @returns null: there is no such file
 * @example
 * leaseStoreStamp('/nowhere') // null
 * @public @since 0.1.0
 */
export const leaseStoreStamp = (directory: string): string | null => {
  const found = storeFile(directory)
  return found === undefined ? null : `${textOf(found)} ${found.mtimeNs}`
}

type Found = NonNullable<ReturnType<typeof statFile>>

// A new file may get the inode number of a deleted one, so the time of birth is a part of the text.
const textOf = ({ dev, ino, birthtimeNs }: Found): string => `${dev} ${ino} ${birthtimeNs}`

const storeFile = (directory: string): Found | undefined => {
  try {
    return statFile(join(directory, 'leases.mdb'))
  } catch {
    // A file that may not be looked at cannot be written either, and the next transaction reports that.
    return undefined
  }
}

const statFile = (file: string) => statSync(file, { bigint: true, throwIfNoEntry: false })
