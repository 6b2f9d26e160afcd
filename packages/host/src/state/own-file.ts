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
import { refuseUnsafeFile } from './safe-place.ts'

/**
 * Reads a file that is no link; a pipe in its place would otherwise wait for a writer.
 *
 * @param what - what it is called in a refusal
 */
export const readOwn = (what: string, file: string): string => {
  // This check is for its message. O_NOFOLLOW is what keeps a link from being followed.
  refuseUnsafeFile(what, file, lstatSync(file))
  return withOpen(
    openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
    (opened) => {
      refuseUnsafeFile(what, file, fstatSync(opened))
      return readFileSync(opened, 'utf8')
    },
  )
}

export const writeDurably = (file: string, text: string | Uint8Array): void => {
  rmSync(file, { force: true })
  // A new file in any case (O_EXCL): a link that stands in its place would have another file cut off.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  withOpen(openSync(file, flags, 0o644), (opened) => {
    writeFileSync(opened, text)
    fsyncSync(opened)
  })
}

/** A rename is only sure to survive a power cut once the directory itself is on disk (fsync(2)). */
export const syncDirectory = (directory: string): void => withOpen(openSync(directory, 'r'), fsyncSync)

const withOpen = <Result>(opened: number, use: (opened: number) => Result): Result => {
  try {
    return use(opened)
  } finally {
    closeSync(opened)
  }
}
