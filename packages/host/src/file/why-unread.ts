import { RefusedFileError } from './refused-file-error.ts'

const words: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['ENOTDIR', 'a part of its path is not a folder'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'this user may not read it'],
  ['EPERM', 'this user may not read it'],
  ['ELOOP', 'its links go in circles'],
  ['ENXIO', 'it is a socket or a device that is not there'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['ERR_INVALID_ARG_VALUE', 'its name has a NUL character in it'],
])

/** Why a file could not be read, in one clause. */
export const whyUnread = (error: unknown): string => {
  if (error instanceof RefusedFileError) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  return words.get(code ?? '') ?? code ?? message
}

/** Not there, or gone since it was listed, or below something that is no folder. */
export const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))
