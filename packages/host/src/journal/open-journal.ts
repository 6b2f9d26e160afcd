import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { PermissionError, PortolanError } from '@portolan/netfilter'
import { takeFileLock } from '../lock/file-lock.ts'
import { fullDisk } from '../state/full-disk.ts'
import { makeStateDirectory } from '../state/make-directory.ts'
import { refuseUnsafeDirectory } from '../state/safe-place.ts'
import { type JournalFile, makeJournalFile, openJournalFile, replaceJournalFile } from './journal-file.ts'
import { changesLine, headFault, type JournalChange, readChanges, sealLine } from './record.ts'

/**
 * Keys and values that outlive this process. Any number of processes write to one journal; each change is whole or not
 * there, wherever a process is killed.
 * @public @since 0.1.0
 */
export interface Journal {
  /**
   * What it holds, changes of other processes included; null when there is no such file.
   * @throws PortolanError `STATE` for a file that is not a journal, or that others may write to; PermissionError
   */
  read(): ReadonlyMap<string, unknown> | null
  /**
   * Makes changes, all of them or none. Once it is fulfilled they outlive this process, and some milliseconds later a power cut.
   * Makes the file where there is none.
   * @throws PortolanError `STATE`, PermissionError; nothing has changed then
   */
  write(changes: readonly JournalChange[]): Promise<void>
  /** Resolves when everything that was written here is on the disk. */
  sync(): Promise<void>
  /** Removes the file. Other processes find no file from then on. */
  remove(): void
  /** Records that could not be read: cut off as a process or the disk's room ended, or damaged. */
  readonly unread: number
  close(): Promise<void>
}

/**
 * What follows a journal: told of every key as it is read or written, so that it can keep indexes.
 * @public @since 0.1.0
 */
export interface JournalFollower {
  set(key: string, value: unknown): void
  remove(key: string): void
  /** Everything is about to be told anew. */
  clear(): void
}

/** A file with so many records more than twice what it holds is written anew. */
const RECORDS = 5000
/** How long a file may take to be written anew by another process. */
const LOCK_MS = 60_000

/**
 * Opens a journal: a file to which records are appended. A file, not a database, since what is written for every
 * port has to cost some microseconds (measured: 5, against 350 for a transaction of LMDB that reaches the disk), survive
 * the end of this process at any instant, and answer a full disk with an error.
 *
 * @param path - of the file
 * @param follower - is told what is read, by `read` or `write`
 * @example
 * const journal = openJournal('/var/lib/portolan/live/shop.journal')
 * await journal.write([{ key: 'port/tcp/8080', value: { to: 'web' } }])
 * await journal.close()
 * @public @since 0.1.0
 */
export const openJournal = (path: string, follower?: JournalFollower): Journal => {
  const values = new Map<string, unknown>()
  let file: JournalFile | null = null
  /** Records that were read, the head among them. */
  let records = 0
  let unread = 0
  /** The file is being written anew: what is appended to it counts no more. */
  let sealed = false
  let syncing: Promise<void> | null = null
  let renewing: Promise<void> | null = null

  const forget = (): void => {
    values.clear()
    follower?.clear()
    records = unread = 0
    sealed = false
  }

  const shut = (): void => {
    file?.close()
    file = null
    forget()
  }

  /** Opens what the name leads to now, and reads on in it. */
  const follow = (): JournalFile | null => {
    while (file === null || !file.isCurrent()) {
      file?.close()
      forget()
      file = openJournalFile(path)
      if (file === null) return null
    }
    readOn(file)
    return file
  }

  /** @returns is this line among those that were read, and counts? */
  const readOn = (from: JournalFile, awaited = ''): boolean => {
    let found = false
    for (const line of from.readOn().split('\n')) {
      if (line === '' || sealed) continue
      records += 1
      const fault = records === 1 ? headFault(line) : null
      if (fault !== null) {
        shut()
        throw notOurs(path, fault)
      }
      if (records === 1) continue
      const changes = readChanges(line)
      if (changes === null) unread += 1
      else if (changes === 'sealed') sealed = true
      else for (const { key, value } of changes) set(key, value)
      found ||= line === awaited
    }
    return found
  }

  const set = (key: string, value: unknown): void => {
    if (value === null) {
      values.delete(key)
      follower?.remove(key)
    } else {
      values.set(key, value)
      follower?.set(key, value)
    }
  }

  const read = (): ReadonlyMap<string, unknown> | null => {
    if (file === null) refuseUnsafeDirectory(dirname(path))
    return follow() === null ? null : values
  }

  const writeLine = async (line: string): Promise<void> => {
    for (;;) {
      if (read() === null) {
        makeStateDirectory(dirname(path))
        makeJournalFile(path)
      }
      if (sealed) await renew(true)
      const open = follow()
      if (open === null || sealed) continue
      open.append(line)
      // Not so where a seal came between, or the file was removed.
      if (readOn(open, line.trim()) && open.isCurrent()) return
    }
  }

  /** Writes the file anew with what is still so. One process does that at a time. */
  const renew = async (wait: boolean): Promise<void> => {
    const lock = await takeFileLock(`${path}.lock`, wait ? LOCK_MS : 0)
    try {
      if (lock === null && wait)
        throw new Error('another process has been writing it anew for a minute, and does not end')
      const open = lock === null ? null : follow()
      if (open === null || (wait && !sealed)) return
      if (!sealed) {
        open.append(sealLine())
        readOn(open)
      }
      replaceJournalFile(path, [...values].map(([key, value]) => changesLine([{ key, value }])).join(''))
      follow()
    } finally {
      lock?.release()
    }
  }

  const renewLater = (): void => {
    if (renewing !== null || records < RECORDS + 2 * values.size) return
    renewing = renew(false)
      // It is tried again with the next change.
      .catch(() => undefined)
      .finally(() => {
        renewing = null
      })
  }

  const syncLater = (): void => {
    // What is written while the disk works is taken along by the next turn.
    syncing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      syncing = null
      return file?.sync().catch(() => undefined)
    })
  }

  return {
    read: () => named('read', path, read),
    write: async (changes) => {
      if (changes.length === 0) return
      await namedLater('written', path, () => writeLine(changesLine(changes)))
      syncLater()
      renewLater()
    },
    sync: () => namedLater('written', path, async () => file?.sync()),
    remove: () => {
      for (const one of [path, `${path}.lock`]) rmSync(one, { force: true })
    },
    get unread() {
      return unread
    },
    close: async () => {
      await renewing
      await syncing
      shut()
    },
  }
}

const notOurs = (path: string, fault: string): PortolanError =>
  new PortolanError(
    'STATE',
    `The journal ${path} could not be read: ${fault}. It was left as it is; put back a copy, or move it away to begin anew.`,
  )

const named = <Result>(action: 'read' | 'written', path: string, work: () => Result): Result => {
  try {
    return work()
  } catch (error) {
    throw journalError(action, path, error)
  }
}

const namedLater = async (
  action: 'read' | 'written',
  path: string,
  work: () => Promise<void>,
): Promise<void> => {
  try {
    await work()
  } catch (error) {
    throw journalError(action, path, error)
  }
}

const journalError = (action: 'read' | 'written', path: string, error: unknown): PortolanError => {
  if (error instanceof PortolanError) return error
  const { code } = error as NodeJS.ErrnoException
  const why = error instanceof Error ? error.message : String(error)
  if (code === 'EACCES' || code === 'EPERM')
    return new PermissionError(
      `The journal ${path} could not be ${action} (${why}). Run this as root, or give another state directory.`,
      'file access',
      { cause: error },
    )
  const full = fullDisk(error, dirname(path))
  return new PortolanError(
    'STATE',
    full === null
      ? `The journal ${path} could not be ${action}: ${why}.`
      : `The journal ${path} could not be ${action}: ${full}. What was written before is still there. Make room on that disk and run this again.`,
    { cause: error },
  )
}
