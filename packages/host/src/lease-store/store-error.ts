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
  if (isDenied(error)) {
    const why = (action === 'read' ? readingWords : writingWords).EACCES ?? errorMessage(error)
    return new PermissionError(
      { problem: problem(why), remedy: ({ elsewhere }) => oneWay('run this as root', elsewhere) },
      'file access',
      { cause: error },
    )
  }
  const why = action === 'read' ? whyUnread(error) : whyUnwritten(error)
  // In another directory the store would be empty, and would lease addresses again that are leased in this one.
  const isThere = existsSync(file)
  const full = fullDisk(error, dirname(file))
  if (full !== null || errorCode(error) === 'EROFS')
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

// LMDB's errors have no code: their message begins with the text of strerror(3), or with a name of lmdb.h.
const isDenied = (error: unknown): boolean =>
  ['EACCES', 'EPERM'].includes(errorCode(error)) ||
  /^(Permission denied|Operation not permitted)/.test(errorMessage(error))

const isDamaged = (error: unknown): boolean =>
  error instanceof DamagedError || /^MDB_(?!MAP_FULL|READERS_FULL)/.test(errorMessage(error))
