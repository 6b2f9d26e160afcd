import { statfsSync } from 'node:fs'
import { errorCode, errorMessage } from '@portolan/netfilter/schema'
import { writingWords } from '../file/errno-words.ts'

/**
 * Explains an error of a full disk or quota, in a clause; null for any other error.
 *
 * @param directory - the directory that was written to
 */
export const fullDisk = (error: unknown, directory: string): string | null => {
  const code = errorCode(error)
  const text = errorMessage(error)
  if (code === 'EDQUOT' || /Disk quota exceeded/.test(text)) return writingWords.EDQUOT ?? null
  if (code === 'ENOSPC' || /No space left on device/.test(text)) return writingWords.ENOSPC ?? null
  // LMDB gives this error for a write that took only the first part of its bytes (mdb.c `mdb_page_flush`).
  return /^Input\/output error/.test(text) && isFull(directory) ? 'the disk is full' : null
}

const isFull = (directory: string): boolean => {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize < 65_536
  } catch {
    return false
  }
}
