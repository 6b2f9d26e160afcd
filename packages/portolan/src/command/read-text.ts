import { readFileSync } from 'node:fs'
import { InvalidRequestError } from '@portolan/core'

/**
 * The text of a file that a user named; `-` is standard input.
 * @throws InvalidRequestError when it cannot be read
 */
export const readText = (file: string): string => {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'it is a folder'
          : code === 'EACCES'
            ? 'this user may not read it'
            : String(code)
    throw new InvalidRequestError(`${sourceName(file)} could not be read: ${why}.`, { cause })
  }
}

/** What to call a file that a user named, where a message says which file it is about. */
export const sourceName = (file: string): string => (file === '-' ? 'standard input' : file)
