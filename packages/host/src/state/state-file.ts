import { open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { PermissionError, PortolanError } from '@portolan/core'
import { afterBoot, emptyState, type HostState, isEmptyState } from './host-state.ts'
import { makeDirectory } from './make-directory.ts'
import { namespaceKey } from './namespace-key.ts'
import { parseStateFile, STATE_VERSION } from './parse-state.ts'

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
  const base = environment.XDG_STATE_HOME
  // The specification has relative paths ignored.
  return join(base?.startsWith('/') ? base : join(environment.HOME ?? homedir(), '.local/state'), 'portolan')
}

/**
 * What was remembered of this network namespace, as far as it outlived the boot. One file a namespace, so that two namespaces that
 * share a directory never write over each other; those who write hold the host lock.
 *
 * @returns the state; an empty one when none was written. Of one written in another boot only what other programs keep
 * @throws PortolanError (`STATE`) naming the file when it is damaged; it is left as it is
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
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return emptyState
    throw fileError('read', file, error)
  }
  try {
    const found = parseStateFile(text)
    if (found.namespace !== key.namespace) return emptyState
    return found.bootId === key.bootId ? found.state : afterBoot(found.state)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new PortolanError(
      'STATE',
      `The state file ${file} is damaged: ${reason}. It tells what has to be put back; mend it, or move it away to do without.`,
      { cause: error },
    )
  }
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
  // One writer a namespace (the host lock), so one name: what a killed process left is written over.
  const temporary = `${file}.tmp`
  try {
    if (isEmptyState(state)) {
      await rm(file, { force: true })
      return
    }
    makeDirectory(directory)
    await writeDurably(temporary, `${JSON.stringify({ version: STATE_VERSION, ...key, state }, null, 2)}\n`)
    await rename(temporary, file)
    await syncDirectory(directory)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
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
  const temporary = `${file}.tmp`
  try {
    makeDirectory(directory)
    await writeDurably(temporary, '')
    await rm(temporary)
  } catch (error) {
    throw fileError('written', file, error)
  }
}

const stateFile = (directory: string, namespace: string): string => join(directory, `state-${namespace}.json`)

const writeDurably = async (file: string, text: string): Promise<void> => {
  const handle = await open(file, 'w', 0o644)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A rename is only sure to survive a power cut once the directory itself is on disk (fsync(2)). */
const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const fileError = (action: 'read' | 'written', file: string, error: unknown): PortolanError => {
  const code = errorCode(error)
  const message = `The state file ${file} could not be ${action} (${code}): it tells what destroy has to put back.`
  return code === 'EACCES' || code === 'EPERM'
    ? new PermissionError(
        `${message} Run this as root, or give another directory with --state.`,
        'file access',
        { cause: error },
      )
    : new PortolanError('STATE', `${message} Give another directory with --state.`, { cause: error })
}

const errorCode = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error))
