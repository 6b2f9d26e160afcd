import type { Running } from '../run.ts'
import { until } from '../until.ts'

/**
 * Waits until `join --watch` has printed that it joined. Other hosts count this host as alive earlier, while its first
 * call still runs. A failure of the first call ends the program.
 */
export const hasJoined = (watcher: Running, host: string): Promise<unknown> =>
  until(
    `${host} to say that it has joined`,
    () => watcher.printed().includes(`This host is ${host} in cluster`),
    {
      beside: watcher,
    },
  )
