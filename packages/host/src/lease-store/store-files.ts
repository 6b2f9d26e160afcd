import { closeSync, constants, lstatSync, openSync } from 'node:fs'
import { refuseUnsafeDirectory, refuseUnsafeFile } from '../state/safe-place.ts'

/** LMDB's own name for its lock file (lmdb.h, `MDB_NOSUBDIR`). */
const filesOf = (file: string): readonly string[] => [file, `${file}-lock`]

/**
 * Refuses a store that is reached through links, which LMDB would follow, and as root one that others may write to.
 * @throws PortolanError `STATE`
 */
export const refuseUnsafeStore = (directory: string, file: string): void => {
  refuseUnsafeDirectory(directory)
  for (const one of filesOf(file)) {
    const stats = lstatSync(one, { throwIfNoEntry: false })
    if (stats !== undefined) refuseUnsafeFile(`The lease store ${one}`, one, stats)
  }
}

/**
 * Makes the files that are missing, empty: LMDB would make them writable for the group (mode 664), and a umask of 002
 * leaves that, so that root would refuse its own store the next time.
 */
export const makeStoreFiles = (file: string): void => {
  for (const one of filesOf(file))
    closeSync(openSync(one, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o644))
}
