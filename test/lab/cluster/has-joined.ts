import type { Running } from '../run.ts'
import { until } from '../until.ts'

/**
 * Waits until `join --watch` has said that it joined. Others count its host as alive before that, while its first call is
 * not over yet: one that fails then ends it, as any first call.
 */
export const hasJoined = (watcher: Running, host: string): Promise<unknown> =>
  until(
    `${host} to say that it has joined`,
    () => watcher.printed().includes(`This host is ${host} in cluster`),
    {
      beside: watcher,
    },
  )
