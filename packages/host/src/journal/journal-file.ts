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
import { randomBytes } from '../file/random-bytes.ts'
import { refuseUnsafeFile } from '../state/safe-place.ts'
import { eventLoopTurn } from '../turn/event-loop-turn.ts'
import { contentLines, headLine, removalBytes } from './record.ts'

/** An open journal file: to read on in it, and to append to it. */
export interface JournalFile {
  /** How long it is, in bytes; null: it is not what its name leads to any more. */
  look(): number | null
  /** How long it is, in bytes, whatever its name leads to. */
  length(): number
  /** What was appended since the last call, by any process, up to the last line break; of the first so many bytes. */
  readOn(size: number): string
  /**
   * Passes over what `append` wrote just now, where the file is as long as that makes it: then nothing else was appended
   * since the last call.
   * @param bytes - so many
   * @returns false: something else was; nothing is passed over
   */
  skipOwn(bytes: number, size: number): boolean
  /**
   * @throws what the file system says; of what was written a part may stay, which is no whole line
   */
  append(bytes: Uint8Array): void
  /** Resolves when all that was appended before is on the disk. */
  sync(): Promise<void>
  close(): void
}

const { O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

/** @returns null when there is no such file */
export const openJournalFile = (path: string): JournalFile | null => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return null
  refuseUnsafeFile(`The journal ${path}`, path, found)
  let descriptor: number
  try {
    descriptor = openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const own = fstatSync(descriptor)
  /** How far it was read, in bytes: up to a line break. */
  let place = 0
  /** When its name was looked at last, and how many names the file had. */
  let looked = { turn: -1, links: 0 }
  return {
    look: () => {
      const turn = eventLoopTurn()
      // A file that loses its name has one less: within one turn that tells as much, in half the time.
      if (looked.turn === turn) {
        const { nlink, size } = fstatSync(descriptor)
        if (nlink === looked.links) return size
      }
      const now = statSync(path, { throwIfNoEntry: false })
      if (now === undefined || now.ino !== own.ino || now.dev !== own.dev) return null
      looked = { turn, links: now.nlink }
      return now.size
    },
    length: () => fstatSync(descriptor).size,
    readOn: (size) => {
      if (size <= place) return ''
      const bytes = Buffer.allocUnsafe(size - place)
      const count = readAll(descriptor, bytes, place)
      // The rest is being written, or was cut off.
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
 * What a file begins with that holds nothing. It counts from a number of its own: what was decided on for a file that is
 * gone does not count in this one.
 */
export const noLines = (): string => contentLines(new Map(), new Map(), randomBytes(5).readUIntBE(0, 5))

/**
 * Makes a file with a head and a text, unless there is one.
 * @throws what the file system says
 */
export const makeJournalFile = async (path: string, text: string): Promise<void> => {
  const temporary = await writeBeside(path, text)
  try {
    // Unlike a rename it leaves what another process made meanwhile.
    linkSync(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
  await syncDirectory(dirname(path))
}

/**
 * Puts a file with a head and a text in the place of what is there.
 * @throws what the file system says; what is there stays as it is then
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

/** Removes a file for good: processes that have it open would take it for lost otherwise, and write it again. */
export const removeJournalFile = (path: string): void => {
  const open = openOrNull(path)
  for (const one of [path, `${path}.lock`]) rmSync(one, { force: true })
  open?.append(removalBytes())
  open?.close()
}

/** What is no file of ours is followed by no process, and goes all the same. */
const openOrNull = (path: string): JournalFile | null => {
  try {
    return openJournalFile(path)
  } catch {
    return null
  }
}

/** What processes left that were killed while they wrote. */
const removeLeft = (path: string): void => {
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith('.tmp')) continue
    const left = join(dirname(path), name)
    const since = statSync(left, { throwIfNoEntry: false })?.mtimeMs
    if (since !== undefined && Date.now() - since > LEFT_MS) rmSync(left, { force: true })
  }
}

/** A file takes some milliseconds to write, and on a disk that is busy some seconds. */
const LEFT_MS = 600_000

/** No two of a process share one: while the disk works the process goes on. */
let written = 0

/** @returns the path of a whole file, on the disk */
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

/** Never while this process waits: a disk may take a second. */
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
 * Writes all in one call, as appends of two processes do not mix then (write(2), O_APPEND). A disk that is full takes the
 * first part without an error, and refuses the next call.
 */
const writeOnce = (descriptor: number, bytes: Uint8Array): void => {
  for (;;) if (writeSync(descriptor, bytes) === bytes.length) return
}
