import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { errorCode } from '@portolan/netfilter/schema'
import { inBigints } from '../file/in-bigints.ts'
import { randomBytes } from '../file/random-bytes.ts'
import { refuseUnsafeFile } from '../state/safe-place.ts'
import { eventLoopTurn } from '../turn/event-loop-turn.ts'
import { contentLines, headLine, removalBytes } from './record.ts'

/** An open journal file, to read the lines appended since the last call and to append more. */
export interface JournalFile {
  /** The size of the file in bytes; null: the path leads to another file, or to none. */
  look(): number | null
  /** The size of the open file in bytes, wherever the path leads now. */
  length(): number
  /**
   * The text within the first `size` bytes that any process appended since the last call, up to the last line break.
   */
  readOn(size: number): string
  /**
   * Skips what `append` just wrote, so that it is not read again. It skips only where the file has exactly the size
   * that this append gives: then no other process appended since the last call.
   * @param bytes - how many bytes `append` wrote
   * @returns false: another process appended too, and nothing is skipped
   */
  skipOwn(bytes: number, size: number): boolean
  /** @throws what the file system says; a part that was written may stay, but it is not a whole line */
  append(bytes: Uint8Array): void
  /** Resolves when everything appended before the call is on the disk. */
  sync(): Promise<void>
  close(): void
}

const { O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

/**
 * Opens an existing journal file.
 * @returns null when there is no such file
 */
export const openJournalFile = (path: string): JournalFile | null => {
  const found = lstatSync(path, { ...inBigints, throwIfNoEntry: false })
  if (found === undefined) return null
  refuseUnsafeFile(`The journal ${path}`, path, found)
  let descriptor: number
  try {
    descriptor = openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
  const own = fstatSync(descriptor, inBigints)
  /** How far the file was read, in bytes. The position is always behind a line break. */
  let place = 0
  /** The turn in which the path was last checked, and how many links the file had. */
  let looked = { turn: -1, links: 0n }
  return {
    look: () => {
      const turn = eventLoopTurn()
      // A file whose path was removed has one link less. Within one turn that check suffices, and takes half the time.
      if (looked.turn === turn) {
        const { nlink, size } = fstatSync(descriptor, inBigints)
        if (nlink === looked.links) return Number(size)
      }
      const now = statSync(path, { ...inBigints, throwIfNoEntry: false })
      if (now === undefined || now.ino !== own.ino || now.dev !== own.dev) return null
      looked = { turn, links: now.nlink }
      return Number(now.size)
    },
    length: () => Number(fstatSync(descriptor, inBigints).size),
    readOn: (size) => {
      if (size <= place) return ''
      const bytes = Buffer.allocUnsafe(size - place)
      const count = readAll(descriptor, bytes, place)
      // The rest of the bytes is still being written, or was cut off.
      const end = bytes.subarray(0, count).lastIndexOf(0x0a) + 1
      place += end
      return bytes.toString('utf8', 0, end)
    },
    skipOwn: (bytes, size) => {
      if (size !== place + bytes) return false
      place = size
      return true
    },
    append: (bytes) => writeOnce(descriptor, bytes),
    sync: () => sync(descriptor),
    close: () => closeSync(descriptor),
  }
}

/**
 * The text of a journal without any key. Its count starts at a random number, so that a change decided on for a removed
 * file does not count in this one.
 */
export const noLines = (): string => contentLines(new Map(), new Map(), randomBytes(5).readUIntBE(0, 5))

/**
 * Makes a file with a head and a text, unless the file exists.
 * @throws what the file system says
 */
export const makeJournalFile = async (path: string, text: string): Promise<void> => {
  const temporary = await writeBeside(path, text)
  try {
    // A link never replaces a file that another process made meanwhile. A rename would.
    linkSync(temporary, path)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
  await syncDirectory(dirname(path))
}

/**
 * Replaces the file by one with a head and this text.
 * @throws what the file system says; the file then stays as it is
 */
export const replaceJournalFile = async (path: string, text: string): Promise<void> => {
  const temporary = await writeBeside(path, text)
  removeLeft(path)
  try {
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

/**
 * Removes a file for good. Without the removal record, processes that have it open would take it for lost and write it
 * again.
 */
export const removeJournalFile = (path: string): void => {
  const open = openOrNull(path)
  for (const one of [path, `${path}.lock`]) rmSync(one, { force: true })
  open?.append(removalBytes())
  open?.close()
}

/**
 * Opens the file, or gives null where it is not a journal of ours. No process follows such a file, so it needs no
 * removal record.
 */
const openOrNull = (path: string): JournalFile | null => {
  try {
    return openJournalFile(path)
  } catch {
    return null
  }
}

/** Removes the temporary files of processes that were killed while they wrote. */
const removeLeft = (path: string): void => {
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith('.tmp')) continue
    const left = join(dirname(path), name)
    const since = statSync(left, { ...inBigints, throwIfNoEntry: false })?.mtimeMs
    if (since !== undefined && Date.now() - Number(since) > LEFT_MS) rmSync(left, { force: true })
  }
}

/** The age at which a temporary file counts as left. Writing one takes milliseconds, and seconds on a busy disk. */
const LEFT_MS = 600_000

/** A number for the next temporary file. This process may write several at once, as it does not wait for the disk. */
let written = 0

/**
 * Writes a temporary file and syncs it to the disk.
 * @returns the path of the temporary file
 */
const writeBeside = async (path: string, text: string): Promise<string> => {
  written += 1
  const temporary = `${path}.${process.pid}-${written}.tmp`
  rmSync(temporary, { force: true })
  const descriptor = openSync(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND, 0o600)
  try {
    writeOnce(descriptor, Buffer.from(headLine() + text))
    await sync(descriptor)
    return temporary
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  } finally {
    closeSync(descriptor)
  }
}

/** A rename is only sure to survive a power cut once the directory itself is on disk (fsync(2)). */
const syncDirectory = async (directory: string): Promise<void> => {
  const descriptor = openSync(directory, O_RDONLY)
  try {
    await sync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Syncs without blocking the event loop: a disk may take a second. */
const sync = promisify(fdatasync)

const readAll = (descriptor: number, bytes: Buffer, at: number): number => {
  let done = 0
  while (done < bytes.length) {
    const count = readSync(descriptor, bytes, done, bytes.length - done, at + done)
    if (count === 0) break
    done += count
  }
  return done
}

/**
 * Writes all bytes in one call, because appends of two processes then do not mix (write(2), O_APPEND). A full disk
 * takes the first part without an error and refuses the next call.
 */
const writeOnce = (descriptor: number, bytes: Uint8Array): void => {
  for (;;) if (writeSync(descriptor, bytes) === bytes.length) return
}
