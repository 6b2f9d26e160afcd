import { setTimeout as delay } from 'node:timers/promises'
import type { ClusterHostMachine } from '../../lab/cluster-site.ts'

/** The routes of Portolan on a host, as `ip` writes them. */
export const routesOf = async ({ machine }: ClusterHostMachine): Promise<readonly string[]> => {
  const lists = await Promise.all(
    ['-4', '-6'].map((family) => machine.mustRun(['ip', family, 'route', 'show', 'proto', '143'])),
  )
  return lists.flatMap((text) =>
    text.split('\n').flatMap((line) => /^\S+ via \S+ dev \S+/.exec(line)?.[0] ?? []),
  )
}

/** Each look is at what other programs do: there is nothing that could be awaited. */
export const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (const end = AbortSignal.timeout(60_000); !(await holds()); await delay(20))
    if (end.aborted) throw new Error('it did not come to that within a minute')
}
