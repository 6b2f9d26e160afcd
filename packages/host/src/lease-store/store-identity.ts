import { statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Which file the leases of a state directory are in: another text for a file that came in its place. A transaction changes
 * nothing of it.
 *
 * @returns null: there is none
 * @example
 * leaseStoreIdentity('/nowhere') // null
 * @public @since 0.1.0
 */
export const leaseStoreIdentity = (directory: string): string | null => {
  const found = storeFile(directory)
  return found === undefined ? null : textOf(found)
}

/**
 * As `leaseStoreIdentity`, and another text after each transaction that changed a lease.
 *
 * @returns null: there is none
 * @example
 * leaseStoreStamp('/nowhere') // null
 * @public @since 0.1.0
 */
export const leaseStoreStamp = (directory: string): string | null => {
  const found = storeFile(directory)
  return found === undefined ? null : `${textOf(found)} ${found.mtimeNs}`
}

type Found = NonNullable<ReturnType<typeof statFile>>

// A file that is made when another one was deleted may get its number.
const textOf = ({ dev, ino, birthtimeNs }: Found): string => `${dev} ${ino} ${birthtimeNs}`

const storeFile = (directory: string): Found | undefined => {
  try {
    return statFile(join(directory, 'leases.mdb'))
  } catch {
    // What may not be looked at cannot be written either: the next transaction says so.
    return undefined
  }
}

const statFile = (file: string) => statSync(file, { bigint: true, throwIfNoEntry: false })
