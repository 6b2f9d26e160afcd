import type { CommandContext } from '../command.ts'
import { sayError } from '../output/say-error.ts'
import { followNeighbours } from './follow-neighbours.ts'

/**
 * Follows the cluster of this host beside a watch. The watch takes up what is written down of the cluster. A run with
 * --check or --once follows no cluster.
 *
 * @returns a function that ends the following
 */
export const followCluster = (context: CommandContext): (() => Promise<void>) => {
  const { check, once } = context.options
  const ended = new AbortController()
  const following =
    check === true || once === true
      ? Promise.resolve()
      : followNeighbours(context, ended.signal).catch((error: unknown) =>
          sayError(
            context.terminal,
            error,
            `the cluster is followed no longer, and routes to other hosts stay as they are: ${(error as Error).message}`,
          ),
        )
  return async () => {
    ended.abort()
    await following
  }
}
