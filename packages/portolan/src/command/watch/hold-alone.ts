import { holdProject, type OwnHold } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'

/**
 * Holds a project for a watch, until that is ended.
 *
 * @throws PortolanError `WATCHED` that names the process which holds it: each of two would undo what the other one does
 */
export const holdAlone = async (directory: string, project: string): Promise<OwnHold> => {
  const hold = await holdProject(directory, project)
  if (hold.kind === 'held') return hold
  const { pid } = hold.by.process
  throw new PortolanError(
    'WATCHED',
    `project ${project} is held by another "portolan watch" on this host already (process ${pid}), and each of the two would undo what the other one puts into force. Stop that one first (kill ${pid}, or systemctl stop for a unit), or give the project of this one another name (\`name:\` in its text, or -p). Nothing was changed.`,
  )
}

/**
 * @param hold - of a watch; null: it holds nothing
 * @returns was it lost, so that what else is told of the watch is lost as well? Where it cannot be told again, the watch
 * goes on: the next look tries it once more
 */
export const keptAgain = async (hold: OwnHold | null): Promise<boolean> => {
  try {
    return (await hold?.keep()) ?? false
  } catch (error) {
    if (error instanceof PortolanError) return false
    throw error
  }
}
