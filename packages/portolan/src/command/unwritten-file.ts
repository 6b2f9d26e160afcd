import { untilWritten, whyUnwritten } from '@portolan/host/file'
import { InvalidRequestError } from '@portolan/netfilter'

/** The error for a file that the user named and that could not be written: why, and what to do. */
export const unwrittenFile = (file: string, cause: unknown): InvalidRequestError =>
  new InvalidRequestError(
    file === ''
      ? 'the name of the file to write is empty. Name one.'
      : `${file} could not be written: ${whyUnwritten(cause)}. ${untilWritten(cause)}.`,
    { cause },
  )
