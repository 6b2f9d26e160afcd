import { errorCode, errorMessage } from '@portolan/netfilter/schema'
import { readingWords } from './errno-words.ts'
import { RefusedFileError } from './refused-file-error.ts'

/** Explains in one clause why a file could not be read. */
export const whyUnread = (error: unknown): string => {
  if (error instanceof RefusedFileError) return error.message
  return readingWords[errorCode(error)] ?? errorMessage(error)
}

/**
 * Tells whether a file is missing: it never existed, was removed since it was listed, or its path leads through a file.
 */
export const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errorCode(error))
