import { createHash } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PermissionError, PortolanError } from '@portolan/netfilter'
import { makeStateDirectory } from '../state/make-directory.ts'
import { readOwn, syncDirectory, writeDurably } from '../state/own-file.ts'
import { refuseUnsafeDirectory } from '../state/safe-place.ts'

/** A name for each source: it may have any characters. */
const fileIn = (directory: string, source: string): string =>
  join(directory, `applied-${createHash('sha256').update(source).digest('hex').slice(0, 32)}.yaml`)

/**
 * The Compose text of a source outside of this host that was in force here last.
 *
 * @param source - where it came from: `etcd:///shop`
 * @returns null: none was
 * @throws PortolanError (`STATE`) as root when others may write to it; PermissionError when it may not be read
 * @example
 * await readAppliedText('/nowhere', 'etcd:///shop') // null
 * @public @since 0.1.0
 */
export const readAppliedText = async (directory: string, source: string): Promise<string | null> => {
  const file = fileIn(directory, source)
  try {
    refuseUnsafeDirectory(directory)
    return await readOwn(`The file ${file}`, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fileError('read', file, source, error)
  }
}

/**
 * Remembers the Compose text of a source that is in force. A process that is killed leaves the one before, or this one.
 *
 * @throws PortolanError (`STATE`) when it cannot be written; PermissionError when it may not be
 * @example
 * await writeAppliedText(directory, 'etcd:///shop', 'services: {web: {ports: ["8080:80"]}}')
 * @public @since 0.1.0
 */
export const writeAppliedText = async (directory: string, source: string, text: string): Promise<void> => {
  const file = fileIn(directory, source)
  const temporary = `${file}.${process.pid}.tmp`
  try {
    makeStateDirectory(directory)
    await writeDurably(temporary, text)
    await rename(temporary, file)
    await syncDirectory(directory)
  } catch (error) {
    throw fileError('written', file, source, error)
  } finally {
    await rm(temporary, { force: true })
  }
}

const fileError = (
  action: 'read' | 'written',
  file: string,
  source: string,
  error: unknown,
): PortolanError => {
  if (error instanceof PortolanError) return error
  const code = (error as NodeJS.ErrnoException).code ?? String(error)
  const message = `The file ${file}, which keeps the text of ${source} that is in force, could not be ${action} (${code}).`
  return code === 'EACCES' || code === 'EPERM'
    ? new PermissionError(
        `${message} Run this as root, or give another directory with --state.`,
        'file access',
        { cause: error },
      )
    : new PortolanError('STATE', `${message} Mend that, and run this again.`, { cause: error })
}
