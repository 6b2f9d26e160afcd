import { statSync } from 'node:fs'
import { readTextFile, untilRead, whyUnread } from '@portolan/host/file'
import { InvalidRequestError, PortolanError } from '@portolan/netfilter'

/** The kinds of text that a user gives. */
export type TextKind = 'compose' | 'variables' | 'facts' | 'rules'

/** The most bytes of each kind of text. docs/what-is-read.md names them too. */
export const mostBytes: Readonly<Record<TextKind, number>> = {
  /** The limit of `readCompose`. */
  compose: 16 * 2 ** 20,
  /** execve(2) takes at most 128 KiB for one variable, and some megabytes for all. */
  variables: 2 ** 20,
  /** A million routes are some 110 MB. */
  facts: 256 * 2 ** 20,
  /** A million rules are some 100 MB. */
  rules: 256 * 2 ** 20,
}

/**
 * The texts in which bytes that are not UTF-8 are replaced. Comments and names in them come from other programs, and
 * passwords from people. Such bytes must not keep the rest from being read.
 */
const lenient: ReadonlySet<TextKind> = new Set(['variables', 'rules'])

/**
 * Reads the text of a file that a user named; `-` is standard input. A pipe is read to its end.
 * @throws InvalidRequestError when it cannot be read, or is too long
 * @throws ParseError for the first byte that is not UTF-8, where that matters
 */
export const readText = (file: string, kind: TextKind): string =>
  readNamed(file === '-' ? 0 : file, sourceName(file), kind, true)

/**
 * Reads the text of a file that Portolan looks for by itself. A pipe in its place is not waited for.
 * @throws InvalidRequestError when it is there and cannot be read, is no file, or is too long
 */
export const readFoundText = (file: string, kind: TextKind): string =>
  kind === 'variables' && isNullDevice(file) ? '' : readNamed(file, file, kind, false)

/** Is the file /dev/null? Where Compose would read a file of variables, it stands for no variables. It never blocks. */
const isNullDevice = (file: string): boolean => {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false })
  return found?.isCharacterDevice() === true && found.rdev === statSync('/dev/null', { bigint: true }).rdev
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
    throw new InvalidRequestError(
      { problem: `${name} could not be read: ${whyUnread(cause)}.`, remedy: () => `${untilRead(cause)}.` },
      { cause },
    )
  }
}

/** The name, in messages, of a file that the user named. */
export const sourceName = (file: string): string => (file === '-' ? 'standard input' : file)
