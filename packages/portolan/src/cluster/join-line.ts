import type { HeldBlocks } from '@portolan/core'
import * as lines from '@portolan/core/planning'
import { stateNamed } from '@portolan/host'
import { shellLine } from '@portolan/netfilter'

/** The cluster of a command and its state directory, for commands in messages. */
export interface JoinPlace {
  /** The cluster as the command names it; null: the config names it. */
  readonly cluster: string | null
  readonly directory: string
}

const linePlace = ({ cluster, directory }: JoinPlace): lines.LinePlace => ({
  cluster,
  state: stateNamed(directory),
})

/** The command that claims blocks for a host. It claims under another name when another machine has the host's name. */
export const claimLine = (
  place: JoinPlace,
  known: Parameters<typeof lines.claimLine>[1],
  isLost?: boolean,
): string => lines.claimLine(linePlace(place), known, isLost)

/** The command that takes over the blocks held under this host's name. The holder may be this host itself. */
export const takeoverLine = (place: JoinPlace): string => lines.takeoverLine(linePlace(place))

/** The same commands in the form that the planning rules take. */
export const claimLines = (
  place: JoinPlace,
  known: Pick<HeldBlocks, 'host' | 'others' | 'disputed'>,
): Pick<HeldBlocks, 'join' | 'takeover'> => lines.claimLines(linePlace(place), known)

/** `portolan cluster join` for the same cluster and state directory as the command that prints it. */
export const joinLine = (place: JoinPlace, ...more: readonly string[]): string =>
  clusterLine('join', place, more)

/** `portolan cluster release` for the same cluster and state directory. */
export const releaseLine = (place: JoinPlace, ...more: readonly string[]): string =>
  clusterLine('release', place, more)

/** A command for another host. Its state directory is not known, so the usual one is assumed. */
export const lineThere = (
  verb: string,
  { cluster }: Pick<JoinPlace, 'cluster'>,
  ...more: readonly string[]
): string => lines.clusterLine(verb, { cluster, state: null }, more)

/** Writes a command about a cluster that may run on any host, for messages of the planning rules. */
export const writtenThere =
  ({ cluster }: Pick<JoinPlace, 'cluster'>) =>
  (command: string): string =>
    cluster === null ? command : `${command} ${shellLine(['--cluster', cluster])}`

/** Any `portolan cluster` command for the same cluster and state directory. */
export const clusterLine = (verb: string, place: JoinPlace, more: readonly string[] = []): string =>
  lines.clusterLine(verb, linePlace(place), more)
