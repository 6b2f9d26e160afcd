import { shellLine } from '@portolan/netfilter'
import type { HeldBlocks } from '../pool/held-blocks.ts'
import { isNameTaken, mayBeItself } from '../pool/name-taken.ts'

/** The arguments that every command about a cluster needs. */
export interface LinePlace {
  /** The URL of the cluster; null: the config names it. */
  readonly cluster: string | null
  /** The state directory; null: the default one. */
  readonly state: string | null
}

/** Writes `portolan cluster VERB` with the arguments that name the cluster and the state directory. */
export const clusterLine = (
  verb: string,
  { cluster, state }: LinePlace,
  more: readonly string[] = [],
): string =>
  shellLine([
    ...['portolan', 'cluster', verb, ...more],
    ...(cluster === null ? [] : ['--cluster', cluster]),
    ...(state === null ? [] : ['--state', state]),
  ])

/**
 * The command that claims blocks for a host. It is `join`. If another machine has the host's name, `join` is refused,
 * so the command first gives the name back, and then joins by another one.
 *
 * @param known - `disputed`: etcd has lost data, so it does not know what this host gives back
 */
export const claimLine = (
  place: LinePlace,
  known: {
    readonly host?: string
    readonly others?: readonly { readonly host: string }[]
    readonly disputed?: readonly string[]
  } | null,
  isLost: boolean = known?.disputed !== undefined,
): string =>
  known !== null && isNameTaken(known)
    ? `${clusterLine('release', place, isLost ? ['--force'] : [])} && ${clusterLine('join', place, ['--member', 'NAME'])}`
    : clusterLine('join', place)

/**
 * The command that gets back the blocks of a machine with this host's name, if that machine may be this host itself.
 */
export const takeoverLine = (place: LinePlace): string => clusterLine('join', place, ['--takeover'])

/** The commands that claim blocks for a host, in the form that the rules take. */
export const claimLines = (
  place: LinePlace,
  known: Pick<HeldBlocks, 'host' | 'others' | 'disputed'>,
): Pick<HeldBlocks, 'join' | 'takeover'> => ({
  join: claimLine(place, known),
  ...(mayBeItself(known) ? { takeover: takeoverLine(place) } : {}),
})

/**
 * Tells a host that it is in another cluster than the one asked for.
 *
 * @param state - the state directory of the host; null: the default one
 * @param asked - names the other cluster: a part of a sentence
 */
export const otherClusterText = (
  { host, cluster, url }: { readonly host: string; readonly cluster: string; readonly url?: string },
  state: string | null,
  asked: string,
): string => {
  const [at, by] = url === undefined ? ['', '--cluster'] : [` (${url})`, `--cluster ${url}`]
  const release = clusterLine('release', { cluster: url ?? 'URL', state })
  return `this host is ${host} in cluster ${cluster}${at}, and ${asked}. If ${cluster} is meant, name it: ${by}, or cluster: in config.yaml. A host is in one cluster at a time: to leave ${cluster}, give its blocks back first (\`${release}\`).`
}
