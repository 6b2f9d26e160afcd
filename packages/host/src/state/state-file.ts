import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { oneWay, PermissionError, PortolanError } from '@portolan/netfilter'
import { errorCode, errorMessage } from '@portolan/netfilter/schema'
import { inBigints } from '../file/in-bigints.ts'
import { laterVersion } from '../file/later-version.ts'
import { whyUnread } from '../file/why-unread.ts'
import { whyUnwritten } from '../file/why-unwritten.ts'
import { baseFolder } from '../home/base-folder.ts'
import { fullDisk } from './full-disk.ts'
import { emptyState, type HostState, isEmptyState, outliving } from './host-state.ts'
import { incompressible } from './incompressible.ts'
import { makeStateDirectory } from './make-directory.ts'
import { isSameNamespace, namespaceKey } from './namespace-key.ts'
import { hasOwnBridge } from './own-bridge.ts'
import { readOwn, syncDirectory, writeDurably } from './own-file.ts'
import { LaterStateError, parseStateFile, STATE_VERSION, type StateFile } from './parse-state.ts'
import { refuseUnsafeDirectory } from './safe-place.ts'

/**
 * The default state directory: /var/lib/portolan for root, else under $XDG_STATE_HOME or ~/.local/state (XDG Base
 * Directory Specification 0.8).
 * @example
 * defaultStateDirectory() // '/var/lib/portolan'
 * @public @since 0.1.0
 */
export const defaultStateDirectory = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
  userId: number | undefined = process.getuid?.(),
): string => {
  if (userId === 0) return '/var/lib/portolan'
  return join(baseFolder(environment, 'XDG_STATE_HOME', '.local/state'), 'portolan')
}

/**
 * A state directory as commands name it; null: it is the default directory, which commands need not name.
 * @example
 * stateNamed(defaultStateDirectory()) // null
 * @public @since 0.1.0
 */
export const stateNamed = (directory: string): string | null =>
  directory === defaultStateDirectory() ? null : directory

/**
 * Reads the remembered state of this network namespace. Each namespace has its own file, so that two namespaces that
 * share a directory never overwrite each other's state. A process that writes holds the host lock.
 *
 * @returns the state; an empty one when none was written. A state of another boot, or of an ended namespace whose inode
 * this one got, keeps only what other programs have on disk
 * @throws PortolanError (`STATE`) naming the file when it is damaged, or holds commands that are not Portolan's; it is
 * left as it is. As root also when others may write to the file, to the directory or to one above it
 * @throws PermissionError when the file may not be read
 * @example
 * const { sysctls } = await readState(defaultStateDirectory())
 * @public @since 0.1.0
 */
export const readState = async (directory: string): Promise<HostState> => {
  const key = namespaceKey()
  const file = stateFile(directory, key.namespace)
  let text: string
  try {
    refuseUnsafeDirectory(directory)
    text = readOwn(`The state file ${file}`, file)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return emptyState
    throw fileError('read', file, error)
  }
  let found: StateFile
  try {
    found = parseStateFile(text)
  } catch (error) {
    throw unreadableError(file, error)
  }
  const isSame = isSameNamespace(found, key)
  return isSame === true || (isSame === 'unknown' && (await hasOwnBridge()))
    ? found.state
    : outliving(found.state)
}

/**
 * Replaces the remembered state of this network namespace. A process that is killed leaves the old state or the new
 * one. An empty state removes the file.
 *
 * @throws PortolanError (`STATE`) when the file cannot be written, or a damaged file is in its place
 * @throws PermissionError when the file may not be written
 * @example
 * await writeState(directory, { ...state, created: [...state.created, table] })
 * @public @since 0.1.0
 */
export const writeState = async (directory: string, state: HostState): Promise<void> => {
  // A damaged file is the only trace of the changes, so it is not overwritten: this read throws.
  await readState(directory)
  const key = namespaceKey()
  const file = stateFile(directory, key.namespace)
  const temporary = temporaryFile(file)
  try {
    if (isEmptyState(state)) {
      rmSync(file, { force: true })
      return
    }
    makeStateDirectory(directory)
    const text = `${JSON.stringify({ version: STATE_VERSION, ...key, state }, null, 2)}\n`
    // A text that cannot be read back would remember nothing, so it is checked before it replaces the old one.
    parseStateFile(text)
    writeDurably(temporary, text)
    renameSync(temporary, file)
    syncDirectory(directory)
  } catch (error) {
    removeQuietly(temporary)
    throw fileError('written', file, error)
  }
}

/**
 * Makes sure that state can be written before a change depends on it. It writes a test file beside the state file.
 *
 * @throws PortolanError (`STATE`) when the file could not be written, or a damaged file is in its place
 * @throws PermissionError when the file may not be written
 * @example
 * await ensureStateWritable(directory)
 * @public @since 0.1.0
 */
export const ensureStateWritable = async (directory: string): Promise<void> => {
  await readState(directory)
  const file = stateFile(directory, namespaceKey().namespace)
  const temporary = temporaryFile(file)
  try {
    makeStateDirectory(directory)
    // A full disk still takes an empty file, so the test file gets the expected size.
    writeDurably(
      temporary,
      incompressible(MORE_BYTES + Number(statSync(file, { ...inBigints, throwIfNoEntry: false })?.size ?? 0)),
    )
    rmSync(temporary)
  } catch (error) {
    removeQuietly(temporary)
    throw fileError('written', file, error)
  }
}

const unreadableError = (file: string, error: unknown): PortolanError =>
  new PortolanError(
    'STATE',
    error instanceof LaterStateError
      ? laterVersion(
          `The state file ${file}`,
          { written: error.version, read: STATE_VERSION },
          DOES,
          'move the file away, and nothing that it records is restored',
        )
      : {
          problem: `The state file ${file} is damaged: ${errorMessage(error)}. ${DOES}`,
          remedy: () => 'Repair it. Or move it away, and nothing that it records is restored.',
        },
    { cause: error },
  )

const DOES = 'It records what destroy has to restore.'

const stateFile = (directory: string, namespace: string): string => join(directory, `state-${namespace}.json`)

/** How many bytes more than now are tested for. They mostly suffice for what one run notes. */
const MORE_BYTES = 4096

const removeQuietly = (file: string): void => {
  try {
    rmSync(file, { force: true })
  } catch {
    // The first error is the one to report.
  }
}

/**
 * The path of the temporary file. The host lock allows one writer per namespace, so one name suffices. The next writer
 * removes the file that a killed process left.
 */
const temporaryFile = (file: string): string => `${file}.tmp`

const fileError = (action: 'read' | 'written', file: string, error: unknown): PortolanError => {
  if (error instanceof PortolanError) return error
  const code = reasonOf(error)
  // With another directory `destroy` would find no notes and restore nothing, so a noted state offers no other
  // directory.
  const isNoted = existsSync(file)
  const full = fullDisk(error, dirname(file))
  if (full !== null)
    return new PortolanError(
      'STATE',
      {
        problem: `The state file ${file} could not be ${action}: ${full}. It is as it was before.`,
        remedy: ({ elsewhere }) =>
          oneWay('make room on that disk and run this again', isNoted ? null : elsewhere),
      },
      { cause: error },
    )
  const why = action === 'read' ? whyUnread(error) : whyUnwritten(error)
  const problem = `The state file ${file} could not be ${action}: ${why}. ${DOES}`
  return code === 'EACCES' || code === 'EPERM'
    ? new PermissionError(
        { problem, remedy: ({ elsewhere }) => oneWay('run this as root', isNoted ? null : elsewhere) },
        'file access',
        { cause: error },
      )
    : new PortolanError(
        'STATE',
        {
          problem,
          remedy: ({ elsewhere }) =>
            isNoted || elsewhere === null ? 'Fix that, and run this again.' : oneWay(elsewhere),
        },
        { cause: error },
      )
}

const reasonOf = (error: unknown): string => errorCode(error) || errorMessage(error)
