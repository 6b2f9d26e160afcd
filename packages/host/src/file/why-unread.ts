import { readingWords } from './errno-words.ts'
import { RefusedFileError } from './refused-file-error.ts'

/** Why a file could not be read, in one clause. */
export const whyUnread = (error: unknown): string => {
  if (error instanceof RefusedFileError) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  return readingWords[code ?? ''] ?? code ?? message
}

/** Not there, or gone since it was listed, or below something that is no folder. */
export const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))
