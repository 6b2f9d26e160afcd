import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { inBigints } from '../file/in-bigints.ts'
import { refuseUnsafeFile } from './safe-place.ts'

/**
 * Reads a file, but follows no link and does not wait for the writer of a pipe.
 *
 * @param what - the name of the file in a refusal
 */
export const readOwn = (what: string, file: string): string => {
  // This check gives the better message. O_NOFOLLOW is what keeps a link from being followed.
  refuseUnsafeFile(what, file, lstatSync(file, inBigints))
  return withOpen(
    openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
    (opened) => {
      refuseUnsafeFile(what, file, fstatSync(opened, inBigints))
      return readFileSync(opened, 'utf8')
    },
  )
}

export const writeDurably = (file: string, text: string | Uint8Array): void => {
  rmSync(file, { force: true })
  // The file is always a new one (O_EXCL). Otherwise a link in its place would have another file truncated.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  withOpen(openSync(file, flags, 0o644), (opened) => {
    writeFileSync(opened, text)
    fsyncSync(opened)
  })
}

/** Syncs a directory. A rename survives a power cut for certain only once its directory is on the disk (fsync(2)). */
export const syncDirectory = (directory: string): void => withOpen(openSync(directory, 'r'), fsyncSync)

const withOpen = <Result>(opened: number, use: (opened: number) => Result): Result => {
  try {
    return use(opened)
  } finally {
    closeSync(opened)
  }
}
