import { writingWords } from './errno-words.ts'

/** What makes room, where it is not another name that helps. */
const wayOut: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room there, or name another place',
  EDQUOT: 'Make room there, or name another place',
  EROFS: 'Mount it writable, or name another place',
}

/** Why a file could not be written, in one clause. */
export const whyUnwritten = (error: unknown): string => {
  const { code = '', message } = error as NodeJS.ErrnoException
  return writingWords[code] ?? message
}

/** What to do about it, as a sentence without its full stop. */
export const untilWritten = (error: unknown): string =>
  wayOut[(error as NodeJS.ErrnoException).code ?? ''] ?? 'Name another place'
