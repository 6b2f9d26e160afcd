import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { decodeText } from './decode-text.ts'
import { DeviceError, RefusedFileError } from './refused-file-error.ts'

/**
 * What is no file is asked about in bigints alone. Node keeps the numbers of the last `stat` in one place, and its
 * `realpathSync`, by which modules are loaded, stops at a link while those are of a pipe or a socket (lib/fs.js,
 * `isFileType(statValues, S_IFIFO)`; measured: Node 20.20). Bigints are kept elsewhere. Without this,
 * `portolan -f - < PIPE` would not find the packages that are links, as pnpm installs them.
 */
const inBigints = { bigint: true } as const

/** How a file is read. */
export interface ReadTextOptions {
  /** The most bytes it may have. */
  readonly mostBytes: number
  /**
   * Whether a pipe, a terminal or a device will do. True where the user named it (`-f -`, `-f <(command)`): it is
   * read to its end, however long its writer takes. False where Portolan looks for a file by itself: a pipe that
   * left in its place would be waited for in vain.
   */
  readonly pipes?: boolean
  /**
   * What becomes of bytes that are not UTF-8: an error, or U+FFFD in their place, for texts in which only programs'
   * names and comments may hold them.
   */
  readonly invalid?: 'refuse' | 'replace'
}

/**
 * Reads a text from a file, within bounds: what is no file, or too long, is refused before it is read.
 *
 * @param file - a path, or 0 for standard input
 * @returns the text without a byte order mark
 * @throws RefusedFileError for what is not a file, has too many bytes, or is no UTF-8; the Error of node:fs (with
 * `code`) for what cannot be opened or read
 */
export const readTextFile = (file: string | 0, options: ReadTextOptions): string =>
  decodeText(readBytes(file, options), file === 0 ? 'standard input' : file, options.invalid ?? 'refuse')

/**
 * Reads the bytes of a file, within the bounds that `readTextFile` has.
 *
 * @throws RefusedFileError, or the Error of node:fs
 */
export const readBytes = (file: string | 0, { mostBytes, pipes = false }: ReadTextOptions): Buffer => {
  if (file === 0) return readDescriptor(0, mostBytes, pipes)
  // Asked before it is opened: opening a device may do something (a tape rewinds).
  if (!pipes) checkKind(statSync(file, inBigints), pipes)
  const flags = pipes ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK
  const descriptor = openSync(file, flags | constants.O_NOCTTY)
  try {
    return readDescriptor(descriptor, mostBytes, pipes)
  } finally {
    closeSync(descriptor)
  }
}

const readDescriptor = (descriptor: number, mostBytes: number, pipes: boolean): Buffer => {
  const stats = fstatSync(descriptor, inBigints)
  checkKind(stats, pipes)
  const bytes = Number(stats.size)
  if (stats.isFile() && bytes > mostBytes) throw tooLong(`${bytes} bytes`, mostBytes)
  const parts: Buffer[] = []
  let length = 0
  for (;;) {
    // One byte more than is expected, so that the end is seen at once. Files of /proc say they have none.
    const part = Buffer.allocUnsafe(Math.max(Math.min(bytes, mostBytes) + 1 - length, 65_536))
    const count = readSome(descriptor, part)
    if (count === 0) return Buffer.concat(parts, length)
    length += count
    if (length > mostBytes) throw tooLong('more', mostBytes)
    parts.push(part.subarray(0, count))
  }
}

/** Standard input may have been made non-blocking by another process that shares it. */
const readSome = (descriptor: number, part: Buffer): number => {
  for (;;) {
    try {
      return readSync(descriptor, part)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}

const checkKind = (stats: BigIntStats, pipes: boolean): void => {
  if (stats.isDirectory()) throw new RefusedFileError('it is a folder')
  if (pipes || stats.isFile()) return
  if (stats.isCharacterDevice() || stats.isBlockDevice()) throw new DeviceError('it is a device')
  throw new RefusedFileError(`it is a ${stats.isFIFO() ? 'pipe' : 'socket'}, and only a file is read here`)
}

const tooLong = (found: string, mostBytes: number): RefusedFileError =>
  new RefusedFileError(
    found === 'more'
      ? `it has more than ${size(mostBytes)}`
      : `it has ${found}, and at most ${size(mostBytes)} are read`,
  )

const size = (bytes: number): string => (bytes < 2 ** 20 ? `${bytes} bytes` : `${bytes / 2 ** 20} MiB`)
