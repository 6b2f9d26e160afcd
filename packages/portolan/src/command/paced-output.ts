import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** An output that waits for its reader. */
export interface PacedOutput {
  /** False: the reader has gone, and nothing more need be written. */
  write(text: string): Promise<boolean>
}

/** Writes no faster than the reader reads. A reader that goes away early (`| head`) is no failure. */
export const paceOutput = (stream: Writable): PacedOutput => {
  let failure: NodeJS.ErrnoException | null = null
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error
  })
  const isOpen = (): boolean => {
    if (failure !== null && failure.code !== 'EPIPE') throw failure
    return failure === null
  }
  return {
    write: async (text) => {
      if (!isOpen()) return false
      if (stream.write(text)) return true
      // `once` rejects when the stream fails, which `isOpen` judges.
      await once(stream, 'drain').catch(() => undefined)
      return isOpen()
    },
  }
}
