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
  const found = ((): ReturnType<typeof statFile> => {
    try {
      return statFile(join(directory, 'leases.mdb'))
    } catch {
      // What may not be looked at cannot be written either: the next transaction says so.
      return undefined
    }
  })()
  // A file that is made when another one was deleted may get its number.
  return found === undefined ? null : `${found.dev} ${found.ino} ${found.birthtimeNs}`
}

const statFile = (file: string) => statSync(file, { bigint: true, throwIfNoEntry: false })
