import { readingWords } from './errno-words.ts'
import { RefusedFileError } from './refused-file-error.ts'

/** Explains in one clause why a file could not be read. */
export const whyUnread = (error: unknown): string => {
  if (error instanceof RefusedFileError) return error.message
  const { code = '', message } = error as NodeJS.ErrnoException
  return readingWords[code] ?? message
}

/**
 * Tells whether a file is missing: it never existed, was removed since it was listed, or its path leads through a file.
 */
export const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))
