import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readOwn, writeDurably } from '../state/own-file.ts'
import { type Watcher, watchersOf, watchFile, watchFolder } from './watch-locks.ts'

/**
 * Writes down for other processes what this one, which holds a project, tells of it. It counts until this process ends.
 *
 * @param suffix - what the file is named for
 * @param value - null: nothing any more
 */
export const writeBesideWatch = (
  stateDirectory: string,
  project: string,
  suffix: string,
  value: object | null,
): void => {
  const path = join(watchFolder(stateDirectory), watchFile(project, process.pid, suffix))
  try {
    if (value === null) rmSync(path, { force: true })
    else {
      writeDurably(`${path}.tmp`, JSON.stringify(value))
      renameSync(`${path}.tmp`, path)
    }
  } catch {
    // The events of the process tell it too, and what it holds is more than what others know of it.
  }
}

/**
 * What the processes that hold projects of this network namespace wrote down so.
 *
 * @param project - null: of every project
 * @throws PortolanError `LOCK`, `STATE`, PermissionError, MissingToolError
 */
export const readBesideWatches = async <Value extends object>(
  stateDirectory: string,
  project: string | null,
  suffix: string,
): Promise<readonly { readonly watcher: Watcher; readonly value: Value }[]> => {
  const folder = watchFolder(stateDirectory)
  // Mostly there is none, and no lock is asked for.
  if (!namesIn(folder).some((name) => name.endsWith(suffix))) return []
  return (await watchersOf(stateDirectory, project)).flatMap((watcher) => {
    const value = valueIn<Value>(join(folder, watchFile(watcher.project, watcher.process.pid, suffix)))
    return value === null ? [] : [{ watcher, value }]
  })
}

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

/** @returns null: there is nothing written down any more */
const valueIn = <Value extends object>(path: string): Value | null => {
  try {
    return JSON.parse(readOwn(`The file ${path}`, path)) as Value
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
