import { crc32 } from 'node:zlib'

/**
 * The new value of one key.
 * @public @since 0.1.0
 */
export interface JournalChange {
  readonly key: string
  /** Any JSON value; null: the key is removed. */
  readonly value: unknown
}

/**
 * Gives the changes as JSON, `[["key",value],["gone"]]` in UTF-8, where it has them sooner than `JSON.stringify`.
 * @returns null: use `JSON.stringify`
 * @public @since 0.1.0
 */
export type JournalWriter = (changes: readonly JournalChange[]) => Uint8Array | null

/** The name in the first record of every journal. A file of a later form is refused, not guessed at. */
const HEAD = 'portolan journal'
/** The version of the form that is written. */
export const JOURNAL_VERSION = 1
/** The versions of the form that are read. */
const VERSIONS: readonly number[] = [1]

/**
 * A record as a line, with a line break before it as well. Where the end of a process or a full disk cut off the record
 * before, the new record does not run into it.
 */
const recordLine = (value: unknown): string => {
  const text = JSON.stringify(value)
  return `\n${checksum(text)} ${text}\n`
}

/**
 * A record as bytes. The text is encoded once, even of a thousand changes, and the checksum is made of the encoded
 * bytes. Encoding a text that was joined with its frame takes the engine six times as long.
 */
const recordBytes = (value: unknown): Uint8Array => {
  const text = JSON.stringify(value)
  const end = TEXT_AT + Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(end + 1)
  bytes.write(text, TEXT_AT)
  return sealed(bytes, end)
}

/** Completes a record whose text is already in the buffer and ends at a position: adds checksum and line breaks. */
const sealed = (bytes: Buffer, end: number): Uint8Array => {
  let left = crc32(bytes.subarray(TEXT_AT, end))
  for (let at = DIGITS; at > 0; at -= 1) {
    bytes[at] = hexDigits.charCodeAt(left & 0xf)
    left >>>= 4
  }
  bytes[0] = bytes[end] = LINE_BREAK
  bytes[TEXT_AT - 1] = SPACE
  return bytes
}

/** The digits of the checksum. */
const DIGITS = 8
const hexDigits = '0123456789abcdef'
/** Where the text begins: behind the line break, the digits and a space. */
const TEXT_AT: number = DIGITS + 2
const LINE_BREAK = 0x0a
const SPACE = 0x20
const BRACKET = 0x5b

export const headLine = (): string => recordLine([HEAD, JOURNAL_VERSION])

const changesRecord = (
  changes: readonly JournalChange[],
  writer: string,
  after: number | null,
): readonly unknown[] => [
  changes.map(({ key, value }) => (value === null ? [key] : [key, value])),
  writer,
  after,
]

/**
 * The changes as one record, which is read whole or not at all.
 *
 * @param writer - a mark that no other record has
 * @param after - the number of records that must come before it, or it does not count; null: it always counts
 * @param written - the changes as a `JournalWriter` gives them; null: they are serialized here
 */
export const changesBytes = (
  changes: readonly JournalChange[],
  writer: string,
  after: number | null,
  written: Uint8Array | null = null,
): Uint8Array => {
  if (written === null) return recordBytes(changesRecord(changes, writer, after))
  const behind = `,${JSON.stringify(writer)},${after}]`
  const end = TEXT_AT + 1 + written.length + behind.length
  const bytes = Buffer.allocUnsafe(end + 1)
  bytes[TEXT_AT] = BRACKET
  bytes.set(written, TEXT_AT + 1)
  bytes.write(behind, TEXT_AT + 1 + written.length, 'latin1')
  return sealed(bytes, end)
}

/** The records of a rewritten file: its keys and values, and how many records were ever written. */
export const contentLines = (
  values: ReadonlyMap<string, unknown>,
  writers: ReadonlyMap<string, string>,
  count: number,
): string =>
  [...values]
    .map(([key, value]) => recordLine(changesRecord([{ key, value }], writers.get(key) ?? '', null)))
    .join('') + recordLine([[], '', null, count])

/** Tells whether a rewritten file holds the changes of this writer. Such a file names no writer for a removed key. */
export const holdsChanges = (
  values: ReadonlyMap<string, unknown>,
  writers: ReadonlyMap<string, string>,
  changes: readonly JournalChange[],
  writer: string,
): boolean =>
  changes.every(({ key, value }) => (value === null ? !values.has(key) : writers.get(key) === writer))

const checksum = (text: string): string => crc32(text).toString(16).padStart(DIGITS, '0')

/** The record behind which nothing in the file counts: the file is being rewritten. */
const SEAL = 'sealed'

export const sealBytes = (): Uint8Array => recordBytes(SEAL)

/** The last record of a file that a process of ours removed. Its values are not wanted any more. */
const REMOVAL = 'removed'

export const removalBytes = (): Uint8Array => recordBytes(REMOVAL)

/** The value of a line; null: the line was cut off, or is damaged. */
const readLine = (line: string): unknown => {
  const text = line.slice(9)
  return line[8] === ' ' && checksum(text) === line.slice(0, 8) ? JSON.parse(text) : null
}

/** What is wrong with the first line of a file. */
export interface HeadFault {
  /** A clause. */
  readonly why: string
  /** The form of the file, where a later version of Portolan wrote it; otherwise null. */
  readonly later: number | null
}

/**
 * Checks the first line of a file.
 * @returns null for a journal of ours
 */
export const headFault = (line: string): HeadFault | null => {
  const head = readLine(line)
  if (!Array.isArray(head) || head[0] !== HEAD) return { why: 'it is not a journal of ours', later: null }
  const version: unknown = head[1]
  if (VERSIONS.some((one) => one === version)) return null
  return {
    why: `it has the form ${JSON.stringify(version)}, which no version of Portolan writes`,
    later: typeof version === 'number' && version > JOURNAL_VERSION ? version : null,
  }
}

/** One record of changes, as read from a line. */
export interface JournalRecord {
  readonly changes: readonly JournalChange[]
  readonly writer: string
  readonly after: number | null
  /** How many records were ever written, with this one; null: one more than before it. */
  readonly count: number | null
}

/** The record this process just wrote, and its size in the file in bytes. */
export interface OwnRecord {
  readonly record: JournalRecord
  readonly bytes: number
}

type WrittenRecord = [
  changes: readonly (readonly [key: string, value?: unknown])[],
  writer: string,
  after: number | null,
  count?: number | null,
]

/** Reads the record of a line; null: the line was cut off, or is damaged. */
export const readRecord = (line: string): JournalRecord | 'sealed' | 'removed' | null => {
  const record = readLine(line)
  if (record === SEAL || record === REMOVAL) return record
  if (!Array.isArray(record)) return null
  // The checksum of the line was right, so a writer of ours wrote it, in this form.
  const [changes, writer, after, count = null] = record as WrittenRecord
  return { changes: changes.map(([key, value = null]) => ({ key, value })), writer, after, count }
}

/**
 * Tells whether a record is missing that existed when this one was written. A writer counts the records it reads,
 * without any that was cut off. A rewritten file is on the disk before it replaces the old one, so none of its records
 * is cut off.
 *
 * @param before - what was read before this record; behind a hole that a power cut left, the count proves nothing
 */
export const missesOne = (
  { after, count }: JournalRecord,
  before: { readonly count: number; readonly unread: number; readonly torn: boolean },
): boolean => (count === null ? after !== null && after > before.count && !before.torn : before.unread > 0)
