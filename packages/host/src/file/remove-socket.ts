import { unlinkSync } from 'node:fs'
import { errorCode } from '@portolan/netfilter/schema'

/**
 * Removes a socket file, if it exists. `rmSync` would stat the file first. After the stat of a socket Node does not
 * find packages that are links: see `read-bytes.ts`.
 */
export const removeSocket = (path: string): void => {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}
