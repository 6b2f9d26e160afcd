import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { openJournal } from '@portolan/host'
import { PermissionError, PortolanError } from '@portolan/netfilter'
import { wantedStateFile } from './open-wanted-state.ts'
import { isWish } from './wanted-state.ts'

const suffix = '.journal'

/**
 * The projects of which something is written down as wanted, sorted.
 * @throws PermissionError, PortolanError `STATE`
 * @internal
 */
export const liveProjects = (stateDirectory: string): readonly string[] => {
  const folder = dirname(wantedStateFile(stateDirectory, 'any'))
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(suffix))
      .map((name) => name.slice(0, -suffix.length))
      .filter((project) => wantsSomething(stateDirectory, project))
      .sort()
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    const text = `What live hosts want could not be read: ${message}.`
    throw code === 'EACCES'
      ? new PermissionError(`${text} Run this as root.`, 'file access', { cause: error })
      : new PortolanError('STATE', text, { cause: error })
  }
}

/**
 * The journal of a project stays when its last network goes, with the backend that was named for it. It counts as a project
 * no more: what is put back with the last one would stay for good.
 */
const wantsSomething = (stateDirectory: string, project: string): boolean => {
  const journal = openJournal(wantedStateFile(stateDirectory, project))
  try {
    const values = journal.read()
    // What cannot be read is no proof that nothing is wanted.
    return values === null || journal.unread > 0 || [...values.keys()].some(isWish)
  } finally {
    void journal.close()
  }
}

/**
 * Forgets what is wanted of a project, so that no live host brings it back.
 * @internal
 */
export const forgetLiveProject = (stateDirectory: string, project: string): void =>
  openJournal(wantedStateFile(stateDirectory, project)).remove()
