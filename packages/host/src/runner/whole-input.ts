import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PortolanError } from '@portolan/netfilter'
import { randomBytes } from '../file/random-bytes.ts'

/** The folders for input, in memory first, then on the disk. Any user may write to each of them. */
const folders = (): readonly string[] => [...new Set(['/dev/shm', tmpdir(), '/var/tmp'])]

/**
 * open(2): `__O_TMPFILE | O_DIRECTORY`, a file that never has a name. Node has no constant for the first flag. The flag
 * has the same value on every architecture that Node runs on (include/uapi/asm-generic/fcntl.h).
 */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY

/**
 * Writes a text to a file without a name, which a program then reads as its standard input.
 *
 * A pipe would end early if this process were killed while it writes. nft takes what came until then for the whole
 * input and applies it (measured: a prefix of a change of 1,302 ports opened 144 of them). A file is complete before
 * the program starts, and exists as long as the program has it open.
 *
 * @returns the descriptor of the file, at offset 0; the caller closes it
 * @throws PortolanError (`INPUT_FILE`) when the text cannot be written completely; no program has been started then
 */
export const openWholeInput = (text: string): number => {
  let failure: unknown = null
  for (const folder of folders()) {
    try {
      return writeInto(folder, text)
    } catch (error) {
      failure = error
    }
  }
  const why = failure instanceof Error ? failure.message : String(failure)
  throw new PortolanError(
    'INPUT_FILE',
    `The ${Buffer.byteLength(text)} bytes for a program's standard input could not be stored (${why}). The program was not started. Free some room in one of ${folders().join(', ')}, and run this again.`,
    { cause: failure },
  )
}

const writeInto = (folder: string, text: string): number => {
  const descriptor = openNameless(folder)
  try {
    const room = Buffer.allocUnsafe(Math.min(text.length, PIECE_CHARACTERS) * MOST_BYTES)
    let place = 0
    for (const piece of piecesOf(text))
      place += writeWhole(descriptor, room.subarray(0, room.write(piece)), place)
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

const PIECE_CHARACTERS = 1 << 16

/** The most bytes in UTF-8 per UTF-16 unit. A character of two units takes two bytes for each. */
const MOST_BYTES = 3

/**
 * Cuts a text into pieces, so that the bytes of ten megabytes of text are not in memory at once. A surrogate pair stays
 * whole.
 */
function* piecesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const cut = from + PIECE_CHARACTERS
    const last = text.charCodeAt(cut - 1)
    const end = last >= 0xd800 && last <= 0xdbff ? cut - 1 : cut
    yield text.slice(from, end)
    from = end
  }
}

/** Writes all bytes by position, so that the offset that the program inherits stays 0. */
const writeWhole = (descriptor: number, bytes: Buffer, place: number): number => {
  let written = 0
  while (written < bytes.length)
    written += writeSync(descriptor, bytes, written, bytes.length - written, place + written)
  return written
}

const openNameless = (folder: string): number => {
  try {
    return openSync(folder, constants.O_RDWR | O_TMPFILE, 0o600)
  } catch {
    // Not every file system has O_TMPFILE (overlayfs before Linux 6.3). Another fault of the folder shows below.
  }
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  const path = join(folder, `portolan-${randomBytes(16).toString('hex')}`)
  const descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  unlinkSync(path)
  return descriptor
}
