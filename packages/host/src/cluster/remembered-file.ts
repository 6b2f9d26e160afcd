import { readdirSync, rmSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { oneWay, PermissionError, PortolanError } from '@portolan/netfilter'
import { errorCode } from '@portolan/netfilter/schema'
import { laterVersion } from '../file/later-version.ts'
import { whyUnread } from '../file/why-unread.ts'
import { whyUnwritten } from '../file/why-unwritten.ts'
import { isAlive } from '../lock/is-alive.ts'
import { makeStateDirectory } from '../state/make-directory.ts'
import { readOwn, syncDirectory, writeDurably } from '../state/own-file.ts'
import { refuseUnsafeDirectory } from '../state/safe-place.ts'

/** A file of the state directory with a record about a cluster. */
export interface RememberedFile {
  readonly directory: string
  readonly file: string
  /** What the file does, for messages: `says which blocks of a cluster this host has`. */
  readonly does: string
}

/**
 * Reads a file.
 * @returns null: there is no such file
 */
export const readRemembered = async (remembered: RememberedFile): Promise<string | null> => {
  const { directory, file } = remembered
  try {
    refuseUnsafeDirectory(directory)
    return await readOwn(`The file ${file}`, file)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw fileError('read', remembered, error)
  }
}

/** The form of the JSON files about a cluster. */
const VERSION = 1

/** The text of a JSON file about a cluster. */
export const recordText = (record: object): string =>
  `${JSON.stringify({ version: VERSION, ...record }, null, 2)}\n`

export const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The record in a text of this form; null: it has another form, or is damaged. */
export const recordIn = (text: string): Readonly<Record<string, unknown>> | null => {
  const value = jsonIn(text)
  return isFields(value) && value.version === VERSION ? value : null
}

/**
 * The error for a text that could not be understood: a later version of Portolan wrote it, or it is damaged.
 *
 * @param mend - a sentence without its end: what to do about a damaged file
 * @param lastWay - see `laterVersion`
 */
export const notUnderstood = (
  { file, does }: RememberedFile,
  text: string,
  mend: string,
  lastWay: string,
): PortolanError => {
  const value = jsonIn(text)
  const written = isFields(value) && typeof value.version === 'number' ? value.version : null
  return new PortolanError(
    'STATE',
    written !== null && written > VERSION
      ? laterVersion(`The file ${file}`, { written, read: VERSION }, `It ${does}.`, lastWay)
      : `The file ${file} is damaged: it ${does}. ${mend}.`,
  )
}

const replace = async (temporary: string, file: string): Promise<boolean> => {
  await rename(temporary, file)
  return true
}

/**
 * Writes a file completely before it gets its name. A process that is killed leaves the former file or the new one.
 *
 * @param place - gives the written file its name; false: it did not
 * @returns the result of `place`
 */
export const writeRemembered = async (
  remembered: RememberedFile,
  text: string,
  place: (temporary: string, file: string) => Promise<boolean> = replace,
): Promise<boolean> => {
  const { directory, file } = remembered
  const temporary = `${file}.${process.pid}.tmp`
  try {
    makeStateDirectory(directory)
    removeLeft(file)
    if (!(await placed(temporary, file, text, place))) return false
    await syncDirectory(directory)
    return true
  } catch (error) {
    throw fileError('written', remembered, error)
  } finally {
    await rm(temporary, { force: true })
  }
}

const placed = async (
  temporary: string,
  file: string,
  text: string,
  place: (temporary: string, file: string) => Promise<boolean>,
): Promise<boolean> => {
  for (let tries = 1; ; tries += 1) {
    writeDurably(temporary, text)
    try {
      return await place(temporary, file)
    } catch (error) {
      // A process of another container may take this process for dead, and remove its temporary file as a left one.
      if (errorCode(error) !== 'ENOENT' || tries === 3) throw error
    }
  }
}

/** Removes the temporary files of processes that were killed while they wrote. */
const removeLeft = (file: string): void => {
  const start = `${basename(file)}.`
  for (const name of readdirSync(dirname(file))) {
    const pid = name.startsWith(start) ? /^(\d+)\.tmp$/.exec(name.slice(start.length))?.[1] : undefined
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(dirname(file), name), { force: true })
  }
}

export const fileError = (
  action: 'read' | 'written' | 'deleted',
  { file, does }: RememberedFile,
  error: unknown,
): PortolanError => {
  if (error instanceof PortolanError) return error
  const code = errorCode(error)
  const why = action === 'read' ? whyUnread(error) : whyUnwritten(error)
  const problem = `The file ${file}, which ${does}, could not be ${action}: ${why}.`
  return code === 'EACCES' || code === 'EPERM'
    ? new PermissionError(
        { problem, remedy: ({ elsewhere }) => oneWay('run this as root', elsewhere) },
        'file access',
        { cause: error },
      )
    : new PortolanError('STATE', { problem, remedy: () => 'Fix that, and run this again.' }, { cause: error })
}
