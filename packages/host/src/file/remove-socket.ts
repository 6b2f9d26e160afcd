import { unlinkSync } from 'node:fs'

/**
 * Removes a socket file, if it is there. `rmSync` asks about the file first, and what Node then knows of a socket keeps it
 * from finding packages that are links: see `read-bytes.ts`.
 */
export const removeSocket = (path: string): void => {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
