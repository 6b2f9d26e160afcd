import { crc32 } from 'node:zlib'

/**
 * What one key has from now on.
 * @public @since 0.1.0
 */
export interface JournalChange {
  readonly key: string
  /** Anything that JSON can hold; null: the key goes. */
  readonly value: unknown
}

/**
 * The changes as JSON, `[["key",value],["gone"]]` in UTF-8, for one that has it sooner than `JSON.stringify`.
 * @returns null: it has not
 * @public @since 0.1.0
 */
export type JournalWriter = (changes: readonly JournalChange[]) => Uint8Array | null

/** The first record of every journal; a later version of the form is not guessed at. */
const HEAD = 'portolan journal'
/** The form that is written. */
export const JOURNAL_VERSION = 1
/** Those that are read. */
const VERSIONS: readonly number[] = [1]

/**
 * A record as a line. A line break stands before it as well: where a record was cut off, by a full disk or the end of a
 * process, the next one does not run into it.
 */
const recordLine = (value: unknown): string => {
  const text = JSON.stringify(value)
  return `\n${checksum(text)} ${text}\n`
}

/**
 * As bytes: of a thousand changes the text is encoded once, and the checksum made of what was encoded. Put together with
 * what stands around it, a text takes the engine six times as long to encode.
 */
const recordBytes = (value: unknown): Uint8Array => {
  const text = JSON.stringify(value)
  const end = TEXT_AT + Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(end + 1)
  bytes.write(text, TEXT_AT)
  return sealed(bytes, end)
}

/** A record with all that stands around its text, which ends at a place. */
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

/** Of the checksum. */
const DIGITS = 8
const hexDigits = '0123456789abcdef'
/** Behind the line break, the digits and a space. */
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
 * The changes as one record: it is read whole or not at all.
 *
 * @param writer - a mark that no other record has
 * @param after - how many records there have to be before it, for it to count; null: it counts in any case
 * @param written - the changes as a `JournalWriter` gives them; null: it does not
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

/** All that a file holds, where it is written anew: keys and values, and how many records were ever written. */
export const contentLines = (
  values: ReadonlyMap<string, unknown>,
  writers: ReadonlyMap<string, string>,
  count: number,
): string =>
  [...values]
    .map(([key, value]) => recordLine(changesRecord([{ key, value }], writers.get(key) ?? '', null)))
    .join('') + recordLine([[], '', null, count])

/** Has what was written so the changes of a writer? It names no writer of what was removed. */
export const holdsChanges = (
  values: ReadonlyMap<string, unknown>,
  writers: ReadonlyMap<string, string>,
  changes: readonly JournalChange[],
  writer: string,
): boolean =>
  changes.every(({ key, value }) => (value === null ? !values.has(key) : writers.get(key) === writer))

const checksum = (text: string): string => crc32(text).toString(16).padStart(DIGITS, '0')

/** After this one nothing more counts in a file: it is being written anew. */
const SEAL = 'sealed'

export const sealBytes = (): Uint8Array => recordBytes(SEAL)

/** The last one of a file that a process of ours removed: what it held is wanted no more. */
const REMOVAL = 'removed'

export const removalBytes = (): Uint8Array => recordBytes(REMOVAL)

/** What a line says; null: it was cut off, or is damaged. */
const readLine = (line: string): unknown => {
  const text = line.slice(9)
  return line[8] === ' ' && checksum(text) === line.slice(0, 8) ? JSON.parse(text) : null
}

/**
 * What the first line of a file says of it.
 * @returns null for one of ours; else what was found, in a clause
 */
export const headFault = (line: string): string | null => {
  const head = readLine(line)
  if (!Array.isArray(head) || head[0] !== HEAD) return 'it is not a journal of ours'
  return VERSIONS.includes(head[1])
    ? null
    : `it has the form ${JSON.stringify(head[1])}, and this version of Portolan reads ${VERSIONS.join(' and ')}`
}

/** What a line of changes says. */
export interface JournalRecord {
  readonly changes: readonly JournalChange[]
  readonly writer: string
  readonly after: number | null
  /** How many records were ever written, this one among them; null: one more than before it. */
  readonly count: number | null
}

/** What this process wrote just now: what it says, and how many bytes of the file it takes. */
export interface OwnRecord {
  readonly record: JournalRecord
  readonly bytes: number
}

/** The changes a line holds; null: it was cut off, or is damaged. */
export const readRecord = (line: string): JournalRecord | 'sealed' | 'removed' | null => {
  const record = readLine(line)
  if (record === SEAL || record === REMOVAL) return record
  if (!Array.isArray(record)) return null
  const [changes, writer, after, count = null] = record as unknown as readonly [
    readonly (readonly [string, unknown])[],
    string,
    number | null,
    (number | null)?,
  ]
  return { changes: changes.map(([key, value = null]) => ({ key, value })), writer, after, count }
}

/**
 * Is a record missing that was there when this one was written? A writer counts what it reads, and counts none that was
 * cut off; what is written anew is on the disk before it is put in place.
 *
 * @param before - what was read before this record; where a power cut left a hole, what comes behind it may not count
 */
export const missesOne = (
  { after, count }: JournalRecord,
  before: { readonly count: number; readonly unread: number; readonly torn: boolean },
): boolean => (count === null ? after !== null && after > before.count && !before.torn : before.unread > 0)
