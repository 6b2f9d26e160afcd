import type { HeldBlocks } from '@portolan/core'
import { isNameTaken, mayBeItself } from '@portolan/core/planning'
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

/** What gets back the blocks that a machine of this host's name has, which may be this host itself. */
export const takeoverLine = (place: JoinPlace): string => joinLine(place, '--takeover')

/** What claims blocks for a host, as the rules take it. */
export const claimLines = (
  place: JoinPlace,
  known: Pick<HeldBlocks, 'host' | 'others' | 'disputed'>,
): Pick<HeldBlocks, 'join' | 'takeover'> => ({
  join: claimLine(place, known),
  ...(mayBeItself(known) ? { takeover: takeoverLine(place) } : {}),
})

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
