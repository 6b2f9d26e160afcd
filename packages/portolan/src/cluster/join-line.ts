import { defaultStateDirectory } from '@portolan/host'
import { shellLine } from '@portolan/netfilter'

/** Where the cluster of a command is, and what its host remembers of it. */
export interface JoinPlace {
  /** As it was named; null: the config names it. */
  readonly cluster: string | null
  readonly directory: string
}

/** `portolan cluster join` with what makes it be about the same cluster and directory as the command that prints it. */
export const joinLine = ({ cluster, directory }: JoinPlace, ...more: readonly string[]): string =>
  shellLine([
    ...['portolan', 'cluster', 'join', ...more],
    ...(cluster === null ? [] : ['--cluster', cluster]),
    ...(directory === defaultStateDirectory() ? [] : ['--state', directory]),
  ])
