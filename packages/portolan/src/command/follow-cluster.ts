import type { CommandContext } from './command.ts'
import { followNeighbours } from './follow-neighbours.ts'

export interface FollowedCluster {
  /** Aborted once something changed since the last `rearm`. */
  readonly changed: AbortSignal
  rearm(): void
  close(): Promise<void>
}

/** The cluster of this host, which is followed beside; a run that only looks once, or only tells, follows none. */
export const followCluster = (context: CommandContext): FollowedCluster => {
  const { check, once } = context.options
  const ended = new AbortController()
  let changed = new AbortController()
  const following =
    check === true || once === true
      ? Promise.resolve()
      : followNeighbours(context, ended.signal, () => changed.abort()).catch((error: unknown) =>
          context.terminal.say(
            `portolan: the cluster is followed no longer, and routes to other hosts stay as they are: ${(error as Error).message}`,
          ),
        )
  return {
    get changed() {
      return changed.signal
    },
    rearm: () => {
      if (changed.signal.aborted) changed = new AbortController()
    },
    close: async () => {
      ended.abort()
      await following
    },
  }
}
