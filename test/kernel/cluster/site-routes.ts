import type { ClusterHostMachine } from '../../lab/cluster-site.ts'
import type { Running } from '../../lab/run.ts'
import { until } from '../../lab/until.ts'

/** Portolan's routes on a host, as `ip` prints them. */
export const routesOf = async ({ machine }: ClusterHostMachine): Promise<readonly string[]> => {
  const lists = await Promise.all(
    ['-4', '-6'].map((family) => machine.mustRun(['ip', family, 'route', 'show', 'proto', '143'])),
  )
  return lists.flatMap((text) =>
    text.split('\n').flatMap((line) => /^\S+ via \S+ dev \S+/.exec(line)?.[0] ?? []),
  )
}

/**
 * Waits until a host has these routes of Portolan's.
 * @param beside - the program that makes the routes
 */
export const untilRoutes = async (
  host: ClusterHostMachine,
  what: string,
  areThey: (routes: readonly string[]) => boolean,
  beside?: Running,
): Promise<void> => {
  await until(what, async () => areThey(await routesOf(host)), { beside, shows: () => routesOf(host) })
}

/** The routes to exactly this block, of any program. */
export const routesTo = async (
  { machine }: ClusterHostMachine,
  block: string,
): Promise<readonly string[]> => {
  const family = block.includes(':') ? '-6' : '-4'
  const text = await machine.mustRun(['ip', '-o', family, 'route', 'show', 'exact', block])
  return text.split('\n').filter((line) => line !== '')
}
