import { statSync } from 'node:fs'
import { readTextFile, whyUnread } from '@portolan/host/file'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'

/** What a user's text holds. */
export type TextKind = 'compose' | 'variables' | 'facts' | 'rules'

/** The most bytes of each kind of text. docs/what-is-read.md names them too. */
const mostBytes: Readonly<Record<TextKind, number>> = {
  /** As `readCompose` takes at most. */
  compose: 16 * 2 ** 20,
  /** execve(2) takes at most 128 KiB for one variable, and some megabytes for all. */
  variables: 2 ** 20,
  /** A million routes are some 110 MB. */
  facts: 256 * 2 ** 20,
  /** A million rules are some 100 MB. */
  rules: 256 * 2 ** 20,
}

/** Comments and names in these come from other programs, and passwords from people: no reason not to read the rest. */
const lenient: ReadonlySet<TextKind> = new Set(['variables', 'rules'])

/**
 * The text of a file that a user named; `-` is standard input. A pipe will do: it is read to its end.
 * @throws InvalidRequestError when it cannot be read, or is too long
 * @throws ParseError for the first byte that is not UTF-8, where that matters
 */
export const readText = (file: string, kind: TextKind): string =>
  readNamed(file === '-' ? 0 : file, sourceName(file), kind, true)

/**
 * The text of a file that Portolan looks for by itself. A pipe in its place is not waited for.
 * @throws InvalidRequestError when it is there and cannot be read, is no file, or is too long
 */
export const readFoundText = (file: string, kind: TextKind): string =>
  kind === 'variables' && isNullDevice(file) ? '' : readNamed(file, file, kind, false)

/** /dev/null stands for no variables where Compose would read a file of them. It is no file, and never waits. */
const isNullDevice = (file: string): boolean => {
  const found = statSync(file, { throwIfNoEntry: false })
  return found?.isCharacterDevice() === true && found.rdev === statSync('/dev/null').rdev
}

const readNamed = (file: string | 0, name: string, kind: TextKind, pipes: boolean): string => {
  try {
    return readTextFile(file, {
      mostBytes: mostBytes[kind],
      pipes,
      invalid: lenient.has(kind) ? 'replace' : 'refuse',
    })
  } catch (cause) {
    if (cause instanceof PortolanError) throw cause
    throw new InvalidRequestError(`${name} could not be read: ${whyUnread(cause)}.`, { cause })
  }
}

/** What to call a file that a user named, where a message says which file it is about. */
export const sourceName = (file: string): string => (file === '-' ? 'standard input' : file)
