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

/** A file is rewritten when it has this many records more than twice the number of its keys. */
const RECORDS = 5000
/** How often this process changed any journal. After a change, earlier checks of a path no longer count. */
let changesHere = 0
/** How long to wait for another process that rewrites the file. */
const LOCK_MS = 60_000

/**
 * Opens a journal: a file to which records are appended. It is a file and not a database for three reasons. A write for
 * each port has to cost some microseconds (measured: 5, against 350 for a transaction of LMDB that reaches the disk),
 * survive the end of this process at any instant, and answer a full disk with an error.
 *
 * @param path - the path of the file
 * @param follower - learns every key that `read` or `write` reads
 * @param asJson - serves the changes as JSON; `JSON.stringify` is used where it gives null
 * @example
 * const journal = openJournal('/var/lib/portolan/live/shop.journal')
 * await journal.write([{ key: 'port/tcp/8080', value: { to: 'web' } }])
 * await journal.close()
 * @public @since 0.1.0
 */
export const openJournal = (path: string, follower?: JournalFollower, asJson?: JournalWriter): Journal => {
  const values = new Map<string, unknown>()
  let file: JournalFile | null = null
  /** How many records of this file were read, with the head. */
  let records = 0
  let unread = 0
  let torn = false
  let count = 0
  /** The writers of keys, with removed keys until the file is rewritten. */
  const writers = new Map<string, string>()
  /** The prefix of this journal's marks. No other process has the same. */
  const mark = `${process.pid}-${randomBytes(6).toString('base64url')}`
  let marks = 0
  /** Another file is replacing this one: later records in it do not count. */
  let sealed = false
  /** The removal record was read. No record behind it counts. */
  let removed = false
  /** The path leads to no file, and no process of ours removed it. */
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

  const refuse = (why: string, later: number | null = null): never => {
    shut()
    throw notOurs(path, { why, later })
  }

  /** True during `asKnown`: the values already read are used without a look at the file. */
  let isKnown = false
  /** The value of `changesHere` at the last check in this turn; null: not checked in this turn. */
  let lookedAt: number | null = null
  /** The turn of the event loop of the last check, and the value of `changesHere` then. */
  let lookedIn = -1
  let changesThen = 0

  const forgetLook = (): void => {
    lookedAt = null
  }

  /** Opens the file that the path leads to now, and reads what was appended to it. */
  const follow = (): JournalFile | null => {
    // The file is checked once a turn. The next turn sees what other programs do meanwhile.
    if ((isKnown || lookedAt === changesHere) && file !== null) return file
    let size = file?.look() ?? null
    while (file === null || size === null) {
      const next = openJournalFile(path)
      if (next === null && file !== null) {
        // Read what other processes wrote before, or the record of the file's removal.
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

  /** @returns whether the record of this writer was read and counts */
  const readOn = (from: JournalFile, size: number, own: OwnRecord | null = null): boolean => {
    let found = false
    // Only our own record was appended, so it need not be read. Up to here the file ends in a whole line.
    if (own !== null && !sealed && from.skipOwn(own.bytes, size)) {
      records += 1
      return take(own.record)
    }
    const lines = from.readOn(size).split('\n')
    for (const [at, line] of lines.entries()) {
      if (line === '' || sealed || removed) continue
      records += 1
      const fault = records === 1 ? headFault(line) : null
      if (fault !== null) refuse(fault.why, fault.later)
      if (records === 1) continue
      // Each record has a line break before and behind it. A record that ends only at the next record's break was cut
      // off. It did not count before the next record came, and its writer was told that it failed.
      const record = lines[at + 1] === '' ? readRecord(line) : null
      torn ||= record === null && line.includes('\0')
      if (record === null) unread += 1
      else if (record === 'sealed') sealed = true
      else if (record === 'removed') removed = true
      else if (missesOne(record, { count, unread, torn }))
        refuse('a record in it is damaged, and later ones build on it')
      else if (take(record)) found ||= record.writer === own?.record.writer
    }
    // A journal file is made together with its head. A file without a head is therefore a damaged rest.
    if (records === 0) refuse('it is cut off before its first record')
    return found
  }

  /** @returns false when another record came after this one was decided on, so that it does not count */
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

  /** Makes the file where there is none. A lost file is made again with its values. */
  const make = async (): Promise<void> => {
    if (read() !== null && !lost) return
    makeStateDirectory(dirname(path))
    await makeJournalFile(path, lost ? contentLines(values, writers, count) : noLines())
  }

  // One function from the call to the file: each further promise would noticeably slow down a port.
  const write = async (
    changes: readonly JournalChange[],
    after: number | null = null,
  ): Promise<string | null> => {
    try {
      marks += 1
      const writer = `${mark}-${marks}`
      const bytes = changesBytes(changes, writer, after, asJson?.(changes))
      const record = { changes, writer, after, count: null }
      // With `after`, a change that comes too late does not count. So the path need not be checked twice in a turn.
      const isLookedAt = lookedIn === eventLoopTurn() && changesThen === changesHere
      let known = after !== null && isLookedAt && !sealed && !lost ? file : null
      for (let isKept = false; ; known = null) {
        if (known === null) await make()
        if (sealed) await (renewing ?? renew(true))
        const open = known ?? follow()
        if (open === null || sealed || lost) continue
        // The change counted in a file that was lost, and the new file was written with it.
        if (isKept && holdsChanges(values, writers, changes, writer)) return writer
        if (after !== null && after !== count) return null
        changesHere += 1
        open.append(bytes)
        const size = open.look()
        const counts = readOn(open, size ?? open.length(), { record, bytes: bytes.length })
        synced.later()
        renewLater()
        // A record before a seal is in the rewritten file. A record in a removed file is lost.
        if (counts && (size !== null || sealed)) return writer
        if (after !== null && !counts && !sealed && size !== null) return null
        isKept = counts
      }
    } catch (error) {
      throw journalError('written', path, error)
    }
  }

  /** Rewrites the file with its current values only. One process does that at a time. */
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
      // The next change tries again.
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
