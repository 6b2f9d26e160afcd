import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { oneWay, PermissionError, PortolanError } from '@portolan/netfilter'
import { baseFolder } from '../home/base-folder.ts'
import { fullDisk } from './full-disk.ts'
import { emptyState, type HostState, isEmptyState, outliving } from './host-state.ts'
import { incompressible } from './incompressible.ts'
import { makeStateDirectory } from './make-directory.ts'
import { isSameNamespace, namespaceKey } from './namespace-key.ts'
import { hasOwnBridge } from './own-bridge.ts'
import { readOwn, syncDirectory, writeDurably } from './own-file.ts'
import { parseStateFile, STATE_VERSION, type StateFile } from './parse-state.ts'
import { refuseUnsafeDirectory } from './safe-place.ts'

/**
 * Where state is kept unless told otherwise: /var/lib/portolan for root, else under $XDG_STATE_HOME or
 * ~/.local/state (XDG Base Directory Specification 0.8).
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
 * A state directory as commands name it; null: it is the usual one, which they need not name.
 * @example
 * stateNamed(defaultStateDirectory()) // null
 * @public @since 0.1.0
 */
export const stateNamed = (directory: string): string | null =>
  directory === defaultStateDirectory() ? null : directory

/**
 * What was remembered of this network namespace. One file a namespace, so that two namespaces that share a directory
 * never write over each other; a process that writes holds the host lock.
 *
 * @returns the state; an empty one when none was written. Of one written in another boot, or in a namespace that has
 *   ended and whose inode this one got, only what other programs keep on disk
 * @throws PortolanError (`STATE`) naming the file when it is damaged, or holds commands that are not Portolan's; it is
 *   left as it is. As root also when others may write to the file, to the directory or to one above it
 * @throws PermissionError when it may not be read
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
    const reason = error instanceof Error ? error.message : String(error)
    throw new PortolanError(
      'STATE',
      {
        problem: `The state file ${file} is damaged: ${reason}. It tells what has to be put back.`,
        remedy: () => 'Mend it, or move it away to do without.',
      },
      { cause: error },
    )
  }
  const isSame = isSameNamespace(found, key)
  return isSame === true || (isSame === 'unknown' && (await hasOwnBridge()))
    ? found.state
    : outliving(found.state)
}

/**
 * Remembers the state of this network namespace in place of the one before. A process that is killed leaves the
 * old state or the new one. An empty state removes the file.
 *
 * @throws PortolanError (`STATE`) when it cannot be written, or a damaged file is in its place
 * @throws PermissionError when it may not be written
 * @example
 * await writeState(directory, { ...state, created: [...state.created, 'ip nat'] })
 * @public @since 0.1.0
 */
export const writeState = async (directory: string, state: HostState): Promise<void> => {
  // A damaged file is the only trace of what was changed: it is not written over.
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
    // A text that cannot be read back would remember nothing.
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
 * Makes sure that state can be remembered, before something is done that needs it: by writing beside the file.
 *
 * @throws PortolanError (`STATE`) when it could not, or a damaged file is in its place
 * @throws PermissionError when it may not
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
    // On a full disk an empty file can be made.
    writeDurably(
      temporary,
      incompressible(MORE_BYTES + (statSync(file, { throwIfNoEntry: false })?.size ?? 0)),
    )
    rmSync(temporary)
  } catch (error) {
    removeQuietly(temporary)
    throw fileError('written', file, error)
  }
}

const stateFile = (directory: string, namespace: string): string => join(directory, `state-${namespace}.json`)

/** So much more than there is now is mostly enough for what one run notes. */
const MORE_BYTES = 4096

const removeQuietly = (file: string): void => {
  try {
    rmSync(file, { force: true })
  } catch {
    // The error that is told is the first.
  }
}

/** One writer a namespace (the host lock), so one name: what a killed process left is removed by the next. */
const temporaryFile = (file: string): string => `${file}.tmp`

const fileError = (action: 'read' | 'written', file: string, error: unknown): PortolanError => {
  if (error instanceof PortolanError) return error
  const code = errorCode(error)
  // Another directory has no notes, so `destroy` would put nothing back.
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
  const problem = `The state file ${file} could not be ${action} (${code}): it tells what destroy has to put back.`
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
            isNoted || elsewhere === null ? 'Mend that, and run this again.' : oneWay(elsewhere),
        },
        { cause: error },
      )
}

const errorCode = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error))
