import { errorCode, errorMessage } from '@portolan/netfilter/schema'
import { mendingWords, writingWords } from './errno-words.ts'

/** Explains in one clause why a file could not be written. */
export const whyUnwritten = (error: unknown): string => writingWords[errorCode(error)] ?? errorMessage(error)

/** The advice for a file that could not be written, as a sentence without its full stop. */
export const untilWritten = (error: unknown): string => {
  const mend = mendingWords[errorCode(error)]
  return mend === undefined ? 'Name another place' : `${mend}, or name another place`
}
