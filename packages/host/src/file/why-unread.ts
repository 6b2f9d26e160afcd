import { errorCode, errorMessage } from '@portolan/netfilter/schema'
import { readingWords, untilReadWords } from './errno-words.ts'
import { RefusedFileError } from './refused-file-error.ts'

/** Explains in one clause why a file could not be read. */
export const whyUnread = (error: unknown): string => {
  if (error instanceof RefusedFileError) return error.message
  return readingWords[errorCode(error)] ?? errorMessage(error)
}

/** The advice for a file that could not be read, as a sentence without its full stop. */
export const untilRead = (error: unknown): string => {
  if (error instanceof RefusedFileError) return error.mend
  return untilReadWords[errorCode(error)] ?? 'Name another file'
}

/**
 * Tells whether a file is missing: it never existed, was removed since it was listed, or its path leads through a file.
 */
export const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(errorCode(error))
