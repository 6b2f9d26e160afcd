import { dirname } from 'node:path'
import { oneWay, PermissionError, PortolanError } from '@portolan/netfilter'
import { errorCode } from '@portolan/netfilter/schema'
import { writingWords } from '../file/errno-words.ts'
import { laterVersion } from '../file/later-version.ts'
import { whyUnread } from '../file/why-unread.ts'
import { whyUnwritten } from '../file/why-unwritten.ts'
import { fullDisk } from '../state/full-disk.ts'
import { type HeadFault, JOURNAL_VERSION } from './record.ts'

export const notOurs = (path: string, { why, later }: HeadFault): PortolanError =>
  new PortolanError(
    'STATE',
    later === null
      ? {
          problem: `The journal ${path} could not be read: ${why}. It was left as it is.`,
          remedy: () => 'Put back a copy, or move it away to begin anew.',
        }
      : laterVersion(
          `The journal ${path}`,
          { written: later, read: JOURNAL_VERSION },
          'It records what is wanted.',
          'move it away to begin anew',
        ),
  )

export const named = <Result>(action: 'read' | 'written', path: string, work: () => Result): Result => {
  try {
    return work()
  } catch (error) {
    throw journalError(action, path, error)
  }
}

export const namedLater = async <Result>(
  action: 'read' | 'written',
  path: string,
  work: () => Promise<Result>,
): Promise<Result> => {
  try {
    return await work()
  } catch (error) {
    throw journalError(action, path, error)
  }
}

export const journalError = (action: 'read' | 'written', path: string, error: unknown): PortolanError => {
  if (error instanceof PortolanError) return error
  const code = errorCode(error)
  const why = action === 'read' ? whyUnread(error) : whyUnwritten(error)
  if (code === 'EACCES' || code === 'EPERM')
    return new PermissionError(
      {
        problem: `The journal ${path} could not be ${action}: ${why}.`,
        remedy: ({ elsewhere }) => oneWay('run this as root', elsewhere),
      },
      'file access',
      { cause: error },
    )
  if (code === 'EROFS')
    return new PortolanError(
      'STATE',
      {
        problem: `The journal ${path} could not be ${action}: ${writingWords.EROFS}. Nothing was changed.`,
        remedy: () => 'Mount it writable, and run this again.',
      },
      { cause: error },
    )
  const full = fullDisk(error, dirname(path))
  return new PortolanError(
    'STATE',
    full === null
      ? {
          problem: `The journal ${path} could not be ${action}: ${why}.`,
          remedy: () => 'Fix that, and run this again.',
        }
      : {
          problem: `The journal ${path} could not be ${action}: ${full}. What was written before is still there.`,
          remedy: () => 'Make room on that disk and run this again.',
        },
    { cause: error },
  )
}
