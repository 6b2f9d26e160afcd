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

export const headLine = (): string => recordLine([HEAD, JOURNAL_VERSION])

/** The changes as one record: it is read whole or not at all. */
export const changesLine = (changes: readonly JournalChange[]): string =>
  recordLine(changes.map(({ key, value }) => (value === null ? [key] : [key, value])))

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0')

/** After this one nothing more counts in a file: it is being written anew. */
const SEAL = 'sealed'

export const sealLine = (): string => recordLine(SEAL)

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

/** The changes a line holds; null: it was cut off, or is damaged. */
export const readChanges = (line: string): readonly JournalChange[] | 'sealed' | null => {
  const record = readLine(line)
  if (record === SEAL) return SEAL
  if (!Array.isArray(record)) return null
  return record.map(([key, value = null]: readonly [string, unknown]) => ({ key, value }))
}
