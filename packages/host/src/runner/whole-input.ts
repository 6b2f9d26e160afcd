import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PortolanError } from '@portolan/netfilter'
import { randomBytes } from '../file/random-bytes.ts'

/** In memory where there is room, else on the disk. All of them are there for any user to write to. */
const folders = (): readonly string[] => [...new Set(['/dev/shm', tmpdir(), '/var/tmp'])]

/**
 * open(2): `__O_TMPFILE | O_DIRECTORY`, a file that never has a name. Node has no constant for the first; it is the
 * same on every architecture Node runs on (include/uapi/asm-generic/fcntl.h).
 */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY

/**
 * Puts a text into a file without a name, for a program to read as its standard input.
 *
 * A pipe would end early if this process were killed while it writes: nft takes what came until then for the whole
 * and applies it (measured: a prefix of a change of 1,302 ports opened 144 of them). A file is whole before the
 * program starts, and lives as long as the program has it open.
 *
 * @returns its descriptor, at offset 0, to be closed by the caller
 * @throws PortolanError (`INPUT_FILE`) when it cannot be written whole; no program has been started then
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

/** Of a character of one UTF-16 unit in UTF-8; those of two units take two bytes for each. */
const MOST_BYTES = 3

/** The bytes of ten megabytes of text are never there all at once. A character of two halves stays whole. */
function* piecesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const cut = from + PIECE_CHARACTERS
    const last = text.charCodeAt(cut - 1)
    const end = last >= 0xd800 && last <= 0xdbff ? cut - 1 : cut
    yield text.slice(from, end)
    from = end
  }
}

/** By position, so that the offset the program inherits stays 0. */
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
    // Not every file system has O_TMPFILE (overlayfs before Linux 6.3). What is wrong with the folder is told below.
  }
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  const path = join(folder, `portolan-${randomBytes(16).toString('hex')}`)
  const descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  unlinkSync(path)
  return descriptor
}
