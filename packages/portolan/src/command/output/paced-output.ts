import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** An output that waits for its reader. */
export interface PacedOutput {
  /** False: the reader has gone, or the disk is full, and nothing more need be written. */
  write(text: string): Promise<boolean>
}

/** Writes no faster than the reader reads. `heedOutput` tells of a failure of the stream. */
export const paceOutput = (stream: Writable): PacedOutput => {
  let isOpen = true
  stream.on('error', () => {
    isOpen = false
  })
  return {
    write: async (text) => {
      if (!isOpen) return false
      if (stream.write(text)) return true
      // `once` rejects when the stream fails.
      await once(stream, 'drain').catch(() => undefined)
      return isOpen
    },
  }
}
