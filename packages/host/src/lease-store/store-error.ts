import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { oneWay, PermissionError, PortolanError } from '@portolan/netfilter'
import { errorCode, errorMessage } from '@portolan/netfilter/schema'
import { readingWords, writingWords } from '../file/errno-words.ts'
import { whyUnread, whyUnwritten } from '../file/index.ts'
import { fullDisk } from '../state/full-disk.ts'
import { DamagedError } from './lease-table.ts'

/** The error for a lease store that could not be read or written. */
export const storeError = (action: 'read' | 'written', file: string, error: unknown): PortolanError => {
  if (error instanceof PortolanError) return error
  const problem = (why: string): string => `The lease store ${file} could not be ${action}: ${why}.`
  const code = codeOf(error)
  const why = whyNot(action, error)
  if (code === 'EACCES' || code === 'EPERM') {
    return new PermissionError(
      { problem: problem(why), remedy: ({ elsewhere }) => oneWay('run this as root', elsewhere) },
      'file access',
      { cause: error },
    )
  }
  // In another directory the store would be empty, and would lease addresses again that are leased in this one.
  const isThere = existsSync(file)
  const full = fullDisk(error, dirname(file))
  if (full !== null || code === 'EROFS')
    return new PortolanError(
      'STATE',
      {
        problem: `${problem(full ?? why)} What was leased before is still there.`,
        remedy: ({ elsewhere }) =>
          oneWay(
            `${full === null ? 'mount it writable' : 'make room on that disk'} and run this again`,
            isThere ? null : elsewhere,
          ),
      },
      { cause: error },
    )
  return new PortolanError(
    'STATE',
    isDamaged(error)
      ? {
          problem: `The lease store ${file} is damaged or not ours: ${errorMessage(error)}. It was left as it is.`,
          remedy: () => 'Put back a copy, or move it away to begin without leases.',
        }
      : { problem: problem(why), remedy: () => 'Fix that, and run this again.' },
    { cause: error },
  )
}

/** Explains in one clause why a lease store could not be read or written. */
export const whyNot = (action: 'read' | 'written', error: unknown): string => {
  const words = action === 'read' ? readingWords : writingWords
  return words[codeOf(error)] ?? (action === 'read' ? whyUnread(error) : whyUnwritten(error))
}

/** LMDB's errors have no code: their message begins with the text of strerror(3), or with a name of lmdb.h. */
const codeOf = (error: unknown): string => {
  const text = errorMessage(error)
  return errorCode(error) || (codes.find(([, start]) => text.startsWith(start))?.[0] ?? '')
}

const codes: readonly (readonly [code: string, start: string])[] = [
  ['EACCES', 'Permission denied'],
  ['EPERM', 'Operation not permitted'],
  ['EROFS', 'Read-only file system'],
  ['EIO', 'Input/output error'],
  ['EFBIG', 'File too large'],
  ['ENFILE', 'Too many open files in system'],
  ['EMFILE', 'Too many open files'],
]

const isDamaged = (error: unknown): boolean =>
  error instanceof DamagedError || /^MDB_(?!MAP_FULL|READERS_FULL)/.test(errorMessage(error))
