import { dirname } from 'node:path'
import { randomBytes } from '../file/random-bytes.ts'
import { takeFileLock } from '../lock/file-lock.ts'
import { makeStateDirectory } from '../state/make-directory.ts'
import { refuseUnsafeDirectory } from '../state/safe-place.ts'
import { atNextPause, eventLoopTurn } from '../turn/event-loop-turn.ts'
import { gatheredSync } from './gathered-sync.ts'
import type { Journal, JournalFollower } from './journal.ts'
import { journalError, named, namedLater, notOurs } from './journal-error.ts'
import {
  type JournalFile,
  makeJournalFile,
  noLines,
  openJournalFile,
  removeJournalFile,
  replaceJournalFile,
} from './journal-file.ts'
import {
  changesBytes,
  contentLines,
  headFault,
  holdsChanges,
  type JournalChange,
  type JournalRecord,
  type JournalWriter,
  missesOne,
  type OwnRecord,
  readRecord,
  sealBytes,
} from './record.ts'

/** A file with so many records more than twice what it holds is written anew. */
const RECORDS = 5000
/** How often this process changed journals: what was looked at before is to be looked at again. */
let changesHere = 0
/** How long a file may take to be written anew by another process. */
const LOCK_MS = 60_000

/**
 * Opens a journal: a file to which records are appended. A file, not a database, since what is written for every
 * port has to cost some microseconds (measured: 5, against 350 for a transaction of LMDB that reaches the disk), survive
 * the end of this process at any instant, and answer a full disk with an error.
 *
 * @param path - of the file
 * @param follower - is told what is read, by `read` or `write`
 * @param asJson - is asked first for what is written, as JSON
 * @example
 * const journal = openJournal('/var/lib/portolan/live/shop.journal')
 * await journal.write([{ key: 'port/tcp/8080', value: { to: 'web' } }])
 * await journal.close()
 * @public @since 0.1.0
 */
export const openJournal = (path: string, follower?: JournalFollower, asJson?: JournalWriter): Journal => {
  const values = new Map<string, unknown>()
  let file: JournalFile | null = null
  /** Records that were read, the head among them. */
  let records = 0
  let unread = 0
  let torn = false
  let count = 0
  /** Of keys that were removed too, until the file is written anew. */
  const writers = new Map<string, string>()
  /** No other record of any process has these. */
  const mark = `${process.pid}-${randomBytes(6).toString('base64url')}`
  let marks = 0
  /** The file is being written anew: what is appended to it counts no more. */
  let sealed = false
  /** Nothing is read behind the record of its removal. */
  let removed = false
  /** Its name leads to nothing, and no process of ours removed it. */
  let lost = false
  const synced = gatheredSync(() => file?.sync())
  let renewing: Promise<void> | null = null

  const forget = (): void => {
    values.clear()
    writers.clear()
    follower?.clear()
    records = unread = count = 0
    sealed = torn = removed = lost = false
  }
  const shut = (): void => {
    file?.close()
    file = null
    forget()
  }

  const refuse = (fault: string): never => {
    shut()
    throw notOurs(path, fault)
  }

  /** What was read before is asked for. */
  let isKnown = false
  /** What `changesHere` was when it was looked at in this turn; null: it was not. */
  let lookedAt: number | null = null
  /** The turn of the event loop in which it was looked at, and what `changesHere` was then. */
  let lookedIn = -1
  let changesThen = 0

  const forgetLook = (): void => {
    lookedAt = null
  }

  /** Opens what the name leads to now, and reads on in it. */
  const follow = (): JournalFile | null => {
    // What other programs do meanwhile may be seen in the next turn.
    if ((isKnown || lookedAt === changesHere) && file !== null) return file
    let size = file?.look() ?? null
    while (file === null || size === null) {
      const next = openJournalFile(path)
      if (next === null && file !== null) {
        // What other processes wrote before, or how they removed it.
        readOn(file, file.length())
        lost = !sealed && !removed
        if (lost) return file
      }
      shut()
      file = next
      if (file === null) return null
      size = file.look()
    }
    lost = false
    readOn(file, size)
    lookedAt = changesHere
    lookedIn = eventLoopTurn()
    changesThen = changesHere
    atNextPause(forgetLook)
    return file
  }

  /** @returns was the record of this writer read, and does it count? */
  const readOn = (from: JournalFile, size: number, own: OwnRecord | null = null): boolean => {
    let found = false
    // Nothing but what was just written: it need not be read again. A file only grows, and ends up to here in a whole line.
    if (own !== null && !sealed && from.skipOwn(own.bytes, size)) {
      records += 1
      return take(own.record)
    }
    const lines = from.readOn(size).split('\n')
    for (const [at, line] of lines.entries()) {
      if (line === '' || sealed || removed) continue
      records += 1
      const fault = records === 1 ? headFault(line) : null
      if (fault !== null) refuse(fault)
      if (records === 1) continue
      // Each record has line breaks of its own before and behind it. One that only the next record's ends was cut off:
      // it did not count before that one came, and its writer was told that it failed.
      const record = lines[at + 1] === '' ? readRecord(line) : null
      torn ||= record === null && line.includes('\0')
      if (record === null) unread += 1
      else if (record === 'sealed') sealed = true
      else if (record === 'removed') removed = true
      else if (missesOne(record, { count, unread, torn }))
        refuse('a record in it is damaged, and later ones build on it')
      else if (take(record)) found ||= record.writer === own?.record.writer
    }
    // It is there with its head from the first, so a file without one is what is left of it.
    if (records === 0) refuse('it is cut off before its first record')
    return found
  }

  /** @returns false when it was decided on before another record came: it counts no more */
  const take = ({ changes, writer, after, count: before }: JournalRecord): boolean => {
    if (after !== null && after !== count) return false
    count = before ?? count + 1
    for (const { key, value } of changes) {
      set(key, value)
      writers.set(key, writer)
    }
    return true
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

  /** Makes the file where there is none, with what a lost one held. */
  const make = async (): Promise<void> => {
    if (read() !== null && !lost) return
    makeStateDirectory(dirname(path))
    await makeJournalFile(path, lost ? contentLines(values, writers, count) : noLines())
  }

  // One function from the call to the file: each promise between is noticed in what a port takes.
  const write = async (
    changes: readonly JournalChange[],
    after: number | null = null,
  ): Promise<string | null> => {
    try {
      marks += 1
      const writer = `${mark}-${marks}`
      const bytes = changesBytes(changes, writer, after, asJson?.(changes))
      const record = { changes, writer, after, count: null }
      // What counts only if no record came since needs no look before it, where there was one just now.
      const isLookedAt = lookedIn === eventLoopTurn() && changesThen === changesHere
      let known = after !== null && isLookedAt && !sealed && !lost ? file : null
      for (let isKept = false; ; known = null) {
        if (known === null) await make()
        if (sealed) await (renewing ?? renew(true))
        const open = known ?? follow()
        if (open === null || sealed || lost) continue
        // It counted in a file that was lost then, which was written again with it.
        if (isKept && holdsChanges(values, writers, changes, writer)) return writer
        if (after !== null && after !== count) return null
        changesHere += 1
        open.append(bytes)
        const size = open.look()
        const counts = readOn(open, size ?? open.length(), { record, bytes: bytes.length })
        synced.later()
        renewLater()
        // What came before a seal is in the file that was written anew. In one that was removed it is lost.
        if (counts && (size !== null || sealed)) return writer
        if (after !== null && !counts && !sealed && size !== null) return null
        isKept = counts
      }
    } catch (error) {
      throw journalError('written', path, error)
    }
  }

  /** Writes the file anew with what is still so. One process does that at a time. */
  const renew = async (wait: boolean): Promise<void> => {
    const lock = await takeFileLock(`${path}.lock`, wait ? LOCK_MS : 0)
    try {
      if (lock === null && wait)
        throw new Error('another process has been writing it anew for a minute, and does not end')
      const open = lock === null ? null : follow()
      if (open === null || lost || (wait && !sealed)) return
      if (!sealed) {
        changesHere += 1
        open.append(sealBytes())
        readOn(open, open.length())
      }
      await replaceJournalFile(path, contentLines(values, writers, count))
      changesHere += 1
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

  return {
    read: () => named('read', path, read),
    write,
    asKnown: (ask) => {
      isKnown = true
      try {
        return ask()
      } finally {
        isKnown = false
      }
    },
    get count() {
      return count
    },
    writerOf: (key) => writers.get(key) ?? null,
    sync: () => namedLater('written', path, async () => file?.sync()),
    isLost: () => named('read', path, () => read() !== null && lost),
    keep: () =>
      namedLater('written', path, async () => {
        if (read() === null || !lost) return
        await make()
        follow()
      }),
    remove: () => {
      changesHere += 1
      removeJournalFile(path)
    },
    get unread() {
      return unread
    },
    close: async () => {
      await renewing
      await synced.settled()
      shut()
    },
  }
}
