import { closeSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs'
import { InvalidRequestError } from '@portolan/netfilter'
import { errorCode } from '@portolan/netfilter/schema'
import { reportStart } from '../../report/print-report.ts'
import { unwrittenFile } from '../unwritten-file.ts'

/**
 * Writes the page of a report to a file. An existing file is overwritten only if it is a report too, so that a typing
 * error destroys no other file. A pipe or a device is written to as it is.
 * @throws InvalidRequestError when there is another file, or it cannot be written
 */
export const writeReport = (file: string, page: string): void => {
  try {
    writeFileSync(file, page, { flag: 'wx' })
    return
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw unwrittenFile(file, error)
  }
  try {
    if (!mayReplace(file))
      throw new InvalidRequestError(
        `${file} is there already and is not a report of Portolan. Name another file, or delete that one first.`,
      )
    writeFileSync(file, page)
  } catch (error) {
    throw error instanceof InvalidRequestError ? error : unwrittenFile(file, error)
  }
}

const mayReplace = (file: string): boolean => {
  const descriptor = openSync(file, 'r+')
  try {
    // In bigints, for the reason in packages/host/src/file/read-bytes.ts: the file may be a pipe.
    if (!fstatSync(descriptor, { bigint: true }).isFile()) return true
    const start = Buffer.alloc(reportStart.length)
    const length = readSync(descriptor, start, 0, start.length, 0)
    return length === 0 || start.toString('utf8', 0, length) === reportStart
  } finally {
    closeSync(descriptor)
  }
}
