import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readOwn, writeDurably } from '../state/own-file.ts'
import type { LockHolder } from './lock-holder.ts'
import { watchersOf, watchFile, watchFolder } from './watch-locks.ts'

/**
 * A process that holds a project as it was, since it cannot take what is wanted of it by now, and why.
 * @public @since 0.1.0
 */
export interface HeldBack {
  readonly project: string
  readonly process: LockHolder
  readonly code: string
  readonly message: string
}

/**
 * Tells other processes why this one, which holds a project, does not take what came later, until it does or ends.
 *
 * @param why - null: nothing is held back any more
 * @example
 * noteHeldBack('/var/lib/portolan', 'shop', null)
 * @public @since 0.1.0
 */
export const noteHeldBack = (
  stateDirectory: string,
  project: string,
  why: Pick<HeldBack, 'code' | 'message'> | null,
): void => {
  const path = join(watchFolder(stateDirectory), watchFile(project, process.pid, suffix))
  try {
    if (why === null) rmSync(path, { force: true })
    else {
      writeDurably(`${path}.tmp`, JSON.stringify({ code: why.code, message: why.message }))
      renameSync(`${path}.tmp`, path)
    }
  } catch {
    // The events of the process tell it too, and what it holds is more than what others know of it.
  }
}

const suffix = 'held-back.json'

/**
 * What the processes that hold projects of this network namespace do not take, as `noteHeldBack` wrote it down.
 *
 * @param project - null: of every project
 * @throws PortolanError `LOCK`, `STATE`, PermissionError, MissingToolError
 * @example
 * for (const { message } of await heldBackNow('/var/lib/portolan', 'shop')) console.log(message)
 * @public @since 0.1.0
 */
export const heldBackNow = async (
  stateDirectory: string,
  project: string | null,
): Promise<readonly HeldBack[]> => {
  const folder = watchFolder(stateDirectory)
  // Mostly there is none, and no lock is asked for.
  if (!namesIn(folder).some((name) => name.endsWith(suffix))) return []
  return (await watchersOf(stateDirectory, project)).flatMap((watcher) => {
    const path = join(folder, watchFile(watcher.project, watcher.process.pid, suffix))
    const why = whyIn(path)
    return why === null ? [] : [{ ...watcher, ...why }]
  })
}

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

/** @returns null: nothing is held back */
const whyIn = (path: string): Pick<HeldBack, 'code' | 'message'> | null => {
  try {
    const { code, message } = JSON.parse(readOwn(`The file ${path}`, path)) as Partial<HeldBack>
    return code === undefined || message === undefined ? null : { code, message }
  } catch (error) {
    // It was taken by now.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
