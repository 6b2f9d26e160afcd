import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { openJournal } from '@portolan/host'
import { whyUnread } from '@portolan/host/file'
import { oneWay, PermissionError, PortolanError } from '@portolan/netfilter'
import { errorCode } from '@portolan/netfilter/schema'
import { wantedStateFile } from './open-wanted-state.ts'
import { isWish } from './wanted-state.ts'

const suffix = '.journal'

/**
 * The projects with wanted records, sorted.
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
    // An error of a journal says already what is wrong.
    if (error instanceof PortolanError) throw error
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    const problem = `The folder ${folder}, which says what live hosts want, could not be read: ${whyUnread(error)}.`
    throw code === 'EACCES' || code === 'EPERM'
      ? new PermissionError(
          { problem, remedy: ({ elsewhere }) => oneWay('run this as root', elsewhere) },
          'file access',
          { cause: error },
        )
      : new PortolanError(
          'STATE',
          { problem, remedy: () => 'Fix that, and run this again.' },
          { cause: error },
        )
  }
}

/**
 * Tells whether a project wants anything. The journal of a project stays after its last network, because it holds the
 * named backend. Such a project must not count. Otherwise the host's values, which are put back with the last project,
 * would never be put back.
 */
const wantsSomething = (stateDirectory: string, project: string): boolean => {
  const journal = openJournal(wantedStateFile(stateDirectory, project))
  try {
    const values = journal.read()
    // An unreadable record is no proof that nothing is wanted.
    return values === null || journal.unread > 0 || [...values.keys()].some(isWish)
  } finally {
    void journal.close()
  }
}

/**
 * Deletes the wanted records of a project, so that no live host restores it.
 * @internal
 */
export const forgetLiveProject = (stateDirectory: string, project: string): void =>
  openJournal(wantedStateFile(stateDirectory, project)).remove()
