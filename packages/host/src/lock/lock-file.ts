import { closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { PermissionError, PortolanError } from '@portolan/netfilter'
import { errorCode } from '@portolan/netfilter/schema'
import { mendingWords } from '../file/errno-words.ts'
import { inBigints } from '../file/in-bigints.ts'
import { whyUnwritten } from '../file/why-unwritten.ts'
import { makeDirectory } from '../state/make-directory.ts'
import { unsafeDirectory } from '../state/safe-place.ts'

/**
 * Opens a lock file, and makes it and its directory where they are missing. Only this user may open either. A process
 * that can open a file in any mode can lock it (flock(2)), and so block all others for ever.
 *
 * The file is never removed. A process that opened it before its removal would lock a file that no other process finds.
 *
 * @returns a descriptor that child processes do not inherit by themselves
 * @throws PermissionError when this user may not make the file; PortolanError (`LOCK`) when others could change it
 */
export const openLockFile = (path: string): number => {
  const directory = dirname(path)
  try {
    makePrivate(directory)
    const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants
    const descriptor = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
    try {
      const { uid, mode } = fstatSync(descriptor, inBigints)
      if (Number(uid) !== process.geteuid?.())
        throw notOurs(path, `it belongs to the user with number ${uid}`)
      if ((mode & 0o077n) !== 0n) fchmodSync(descriptor, 0o600)
      return descriptor
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  } catch (error) {
    throw lockFileError(path, error)
  }
}

const makePrivate = (directory: string): void => {
  const fault = unsafeDirectory(directory)
  if (fault !== null) throw notOurs(directory, fault.why, fault.mend)
  makeDirectory(dirname(directory))
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
}

const notOurs = (path: string, why: string, mend?: string): PortolanError =>
  new PortolanError('LOCK', {
    problem: `The lock at ${path} is not safe to use: ${why}. Another user could hold up every change.`,
    remedy: () => `${mend === undefined ? 'Remove it' : `Run "${mend}"`}, and run this again.`,
  })

const lockFileError = (path: string, error: unknown): Error => {
  if (error instanceof PortolanError) return error
  const code = errorCode(error)
  // O_NOFOLLOW: open(2) refuses a link so.
  const why = code === 'ELOOP' ? 'it is a link to another file' : whyUnwritten(error)
  const problem = `The lock file ${path} could not be opened: ${why}.`
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new PermissionError(
      {
        problem,
        remedy: () =>
          `${code === 'EROFS' ? `${mendingWords.EROFS}, and run this again` : 'Run this as root'}. In a user namespace, mount a tmpfs on /run first.`,
      },
      'file access',
      { cause: error },
    )
  const mend = code === 'ELOOP' ? 'Remove the link' : (mendingWords[code] ?? 'Fix that')
  const remedy = (): string => `${mend}, and run this again.`
  return new PortolanError('LOCK', { problem, remedy }, { cause: error })
}
