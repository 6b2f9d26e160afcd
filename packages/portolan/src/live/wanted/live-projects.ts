import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { openJournal } from '@portolan/host'
import { PermissionError, PortolanError } from '@portolan/netfilter'
import { wantedStateFile } from './open-wanted-state.ts'

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
 * Forgets what is wanted of a project, so that no live host brings it back.
 * @internal
 */
export const forgetLiveProject = (stateDirectory: string, project: string): void =>
  openJournal(wantedStateFile(stateDirectory, project)).remove()
