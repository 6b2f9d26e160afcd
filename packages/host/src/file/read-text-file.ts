import { decodeText } from './decode-text.ts'
import { readBytes } from './read-bytes.ts'
import type { ReadTextOptions } from './read-options.ts'

/**
 * Reads a text from a file, within limits. Anything that is not a file, or too long, is refused before it is read.
 *
 * @param file - a path, or 0 for standard input
 * @returns the text without a byte order mark
 * @throws RefusedFileError for what is not a file, has too many bytes, or is written in UTF-16; ParseError for other
 * bytes that are not UTF-8; the Error of node:fs (with `code`) where the file cannot be opened or read
 */
export const readTextFile = (file: string | 0, options: ReadTextOptions): string =>
  decodeText(readBytes(file, options), file === 0 ? 'standard input' : file, options.invalid ?? 'refuse')
