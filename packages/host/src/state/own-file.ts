import { constants } from 'node:fs'
import { lstat, open, rm } from 'node:fs/promises'
import { refuseUnsafeFile } from './safe-place.ts'

/**
 * Reads a file that is no link; a pipe in its place would otherwise wait for a writer.
 *
 * @param what - what it is called in a refusal
 */
export const readOwn = async (what: string, file: string): Promise<string> => {
  // This check is for its message. O_NOFOLLOW is what keeps a link from being followed.
  refuseUnsafeFile(what, file, await lstat(file))
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    refuseUnsafeFile(what, file, await handle.stat())
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

export const writeDurably = async (file: string, text: string): Promise<void> => {
  await rm(file, { force: true })
  // A new file in any case (O_EXCL): a link that stands in its place would have another file cut off.
  const handle = await open(
    file,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o644,
  )
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A rename is only sure to survive a power cut once the directory itself is on disk (fsync(2)). */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
