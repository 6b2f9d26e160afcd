import { fstatSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { heedOutput } from './failed-output.ts'

/** The descriptor of standard output. */
const OUTPUT = 1

/** A pipe holds so much (pipe(7)), and a text that fits it waits for no reader. */
const MOST_AT_ONCE = 65_536

let isFirst = true

let isHeeded = false

/** The stream of standard output. Its failures are told, and stop nothing. */
export const outputStream = (): NodeJS.WriteStream => {
  if (!isHeeded) process.stdout.on('error', heedOutput)
  isHeeded = true
  isFirst = false
  return process.stdout
}

/**
 * Is a descriptor of this process a terminal? For a pipe or a file the answer needs no `node:tty`, which loads the
 * streams of Node.
 */
export const isTerminal = (descriptor: number): boolean => {
  try {
    // In bigints, for the reason in packages/host/src/file/read-bytes.ts: the descriptor may be a pipe.
    return fstatSync(descriptor, { bigint: true }).isCharacterDevice() && isatty(descriptor)
  } catch {
    return false
  }
}

/**
 * Writes a text on standard output. The first one, where it is short, goes without the stream: Node takes up to ten
 * milliseconds to make that, and many commands print one text and end. What is not written so goes to the stream, which
 * also tells of failures.
 *
 * Such a write ends when the text is written. So a process that handles signals itself uses the stream: it could not
 * handle them meanwhile.
 */
export const writeOutput = (text: string): void => {
  const bytes = Buffer.from(text)
  const written = isFirst && bytes.length <= MOST_AT_ONCE && !handlesSignals() ? writeNow(bytes) : 0
  isFirst = false
  if (written < bytes.length) outputStream().write(bytes.subarray(written))
}

const handlesSignals = (): boolean =>
  process.listenerCount('SIGINT') > 0 || process.listenerCount('SIGTERM') > 0

/** @returns how many bytes were written */
const writeNow = (bytes: Buffer): number => {
  try {
    return writeSync(OUTPUT, bytes)
  } catch {
    // A full pipe that does not block, or a failure that the stream will meet again.
    return 0
  }
}
