import { holdProject } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'

/**
 * Holds a project for a watch, until the function returned is called.
 *
 * @throws PortolanError `WATCHED` that names the process which holds it: each of two would undo what the other one does
 */
export const holdAlone = async (directory: string, project: string): Promise<() => void> => {
  const hold = await holdProject(directory, project)
  if (hold.kind === 'held') return hold.end
  const { pid } = hold.by.process
  throw new PortolanError(
    'WATCHED',
    `project ${project} is held by another "portolan watch" on this host already (process ${pid}), and each of the two would undo what the other one puts into force. Stop that one first (kill ${pid}, or systemctl stop for a unit), or give the project of this one another name (\`name:\` in its text, or -p). Nothing was changed.`,
  )
}
