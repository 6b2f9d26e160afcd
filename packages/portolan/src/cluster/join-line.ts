import { isNameTaken } from '@portolan/core/planning'
import { defaultStateDirectory } from '@portolan/host'
import { shellLine } from '@portolan/netfilter'

/** Where the cluster of a command is, and what its host remembers of it. */
export interface JoinPlace {
  /** As it was named; null: the config names it. */
  readonly cluster: string | null
  readonly directory: string
}

/**
 * What claims blocks for a host: `join`, or where another machine has its name, what gives the name back and joins by
 * another one. `join` is refused then.
 *
 * @param known - `disputed`: etcd has lost its data, so it does not tell what this host gives back
 */
export const claimLine = (
  place: JoinPlace,
  known: {
    readonly host?: string
    readonly others?: readonly { readonly host: string }[]
    readonly disputed?: readonly string[]
  } | null,
  isLost: boolean = known?.disputed !== undefined,
): string =>
  known !== null && isNameTaken(known)
    ? `${releaseLine(place, ...(isLost ? ['--force'] : []))} && ${joinLine(place, '--member', 'NAME')}`
    : joinLine(place)

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
): string => clusterLine(verb, { cluster, directory: defaultStateDirectory() }, more)

/** How messages of the rules write a command about a cluster that may be run on any host. */
export const writtenThere =
  ({ cluster }: Pick<JoinPlace, 'cluster'>) =>
  (command: string): string =>
    cluster === null ? command : `${command} ${shellLine(['--cluster', cluster])}`

/** A command about a cluster, written so. */
export const clusterLine = (
  verb: string,
  { cluster, directory }: JoinPlace,
  more: readonly string[] = [],
): string =>
  shellLine([
    ...['portolan', 'cluster', verb, ...more],
    ...(cluster === null ? [] : ['--cluster', cluster]),
    ...(directory === defaultStateDirectory() ? [] : ['--state', directory]),
  ])
