import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '@portolan/netfilter/schema'
import { readOwn, writeDurably } from '../state/own-file.ts'
import { type Watcher, watchersOf, watchFile, watchFolder } from './watch-locks.ts'

/**
 * Writes a file beside the watch of a project, for other processes to read. It counts until this process ends.
 *
 * @param suffix - the ending of the file's name
 * @param value - the content of the file; null: the file is removed
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
    // A failure is ignored: the events of this process report the same, and holding the project matters more than the
    // file.
  }
}

/**
 * Reads the files with this suffix of the processes that hold projects of this network namespace.
 *
 * @param project - null: every project
 * @throws PortolanError `LOCK`, `STATE`, PermissionError, MissingToolError
 */
export const readBesideWatches = async <Value extends object>(
  stateDirectory: string,
  project: string | null,
  suffix: string,
): Promise<readonly { readonly watcher: Watcher; readonly value: Value }[]> => {
  const folder = watchFolder(stateDirectory)
  // Mostly there is no such file, and then no lock is needed.
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

/**
 * Reads the value of one file.
 * @returns null: the file is gone
 */
const valueIn = <Value extends object>(path: string): Value | null => {
  try {
    return JSON.parse(readOwn(`The file ${path}`, path)) as Value
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw error
  }
}
