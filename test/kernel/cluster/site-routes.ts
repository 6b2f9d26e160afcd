import type { ClusterHostMachine } from '../../lab/cluster-site.ts'
import type { Running } from '../../lab/run.ts'
import { until } from '../../lab/until.ts'

/** The routes of Portolan on a host, as `ip` writes them. */
export const routesOf = async ({ machine }: ClusterHostMachine): Promise<readonly string[]> => {
  const lists = await Promise.all(
    ['-4', '-6'].map((family) => machine.mustRun(['ip', family, 'route', 'show', 'proto', '143'])),
  )
  return lists.flatMap((text) =>
    text.split('\n').flatMap((line) => /^\S+ via \S+ dev \S+/.exec(line)?.[0] ?? []),
  )
}

/**
 * Waits until the routes of Portolan on a host are so.
 * @param beside - the program that makes them
 */
export const untilRoutes = async (
  host: ClusterHostMachine,
  what: string,
  areThey: (routes: readonly string[]) => boolean,
  beside?: Running,
): Promise<void> => {
  await until(what, async () => areThey(await routesOf(host)), { beside, shows: () => routesOf(host) })
}
