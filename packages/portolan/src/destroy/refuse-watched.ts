import { watchersOf } from '@portolan/host'
import { PortolanError } from '@portolan/netfilter'

/**
 * Refuses a removal while a watch holds the project. The watch would bring back what is removed, a second later.
 *
 * @param project - null: every project
 * @throws PortolanError `WATCHED` that names the processes
 */
export const refuseWatched = async (stateDirectory: string, project: string | null): Promise<void> => {
  const watchers = await watchersOf(stateDirectory, project)
  const [first] = watchers
  if (first === undefined) return
  const projects = [...new Set(watchers.map((watcher) => watcher.project))]
  const pids = watchers.map(({ process }) => process.pid)
  const isOne = pids.length === 1
  throw new PortolanError(
    'WATCHED',
    `Project${projects.length === 1 ? '' : 's'} ${projects.join(', ')} ${projects.length === 1 ? 'is' : 'are'} held by "portolan watch" (process${isOne ? '' : 'es'} ${pids.join(', ')}), which would bring back what is removed. Stop ${isOne ? 'it' : 'them'} first (kill ${pids.join(' ')}, or systemctl stop for a unit), and run this again. Nothing was changed.`,
  )
}
