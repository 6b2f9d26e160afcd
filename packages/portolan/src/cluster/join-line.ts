import type { HeldBlocks } from '@portolan/core'
import * as lines from '@portolan/core/planning'
import { stateNamed } from '@portolan/host'
import { shellLine } from '@portolan/netfilter'

/** Where the cluster of a command is, and what its host remembers of it. */
export interface JoinPlace {
  /** As it was named; null: the config names it. */
  readonly cluster: string | null
  readonly directory: string
}

const linePlace = ({ cluster, directory }: JoinPlace): lines.LinePlace => ({
  cluster,
  state: stateNamed(directory),
})

/** What claims blocks for a host, by another name where another machine has its own. */
export const claimLine = (
  place: JoinPlace,
  known: Parameters<typeof lines.claimLine>[1],
  isLost?: boolean,
): string => lines.claimLine(linePlace(place), known, isLost)

/** What gets back the blocks that a machine of this host's name has, which may be this host itself. */
export const takeoverLine = (place: JoinPlace): string => lines.takeoverLine(linePlace(place))

/** What claims blocks for a host, as the rules take it. */
export const claimLines = (
  place: JoinPlace,
  known: Pick<HeldBlocks, 'host' | 'others' | 'disputed'>,
): Pick<HeldBlocks, 'join' | 'takeover'> => lines.claimLines(linePlace(place), known)

/** `portolan cluster join` with what makes it be about the same cluster and directory as the command that prints it. */
export const joinLine = (place: JoinPlace, ...more: readonly string[]): string =>
  clusterLine('join', place, more)

/** `portolan cluster release`, written so. */
export const releaseLine = (place: JoinPlace, ...more: readonly string[]): string =>
  clusterLine('release', place, more)

/** A command that is to be run on another host, whose state directory is not known: the usual one. */
export const lineThere = (
  verb: string,
  { cluster }: Pick<JoinPlace, 'cluster'>,
  ...more: readonly string[]
): string => lines.clusterLine(verb, { cluster, state: null }, more)

/** How messages of the rules write a command about a cluster that may be run on any host. */
export const writtenThere =
  ({ cluster }: Pick<JoinPlace, 'cluster'>) =>
  (command: string): string =>
    cluster === null ? command : `${command} ${shellLine(['--cluster', cluster])}`

/** A command about a cluster, written so. */
export const clusterLine = (verb: string, place: JoinPlace, more: readonly string[] = []): string =>
  lines.clusterLine(verb, linePlace(place), more)
