import { errorCode, errorMessage } from '@portolan/netfilter/schema'
import { writingWords } from './errno-words.ts'

/** The advice for errors where another name is not the only way out. */
const wayOut: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room there, or name another place',
  EDQUOT: 'Make room there, or name another place',
  EROFS: 'Mount it writable, or name another place',
}

/** Explains in one clause why a file could not be written. */
export const whyUnwritten = (error: unknown): string => {
  const code = errorCode(error)
  const message = errorMessage(error)
  return writingWords[code] ?? message
}

/** The advice for a file that could not be written, as a sentence without its full stop. */
export const untilWritten = (error: unknown): string => wayOut[errorCode(error)] ?? 'Name another place'
