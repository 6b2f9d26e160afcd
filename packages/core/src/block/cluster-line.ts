import { shellLine } from '@portolan/netfilter'
import type { HeldBlocks } from '../pool/held-blocks.ts'
import { isNameTaken, mayBeItself } from '../pool/name-taken.ts'

/** What a command about a cluster has to be told. */
export interface LinePlace {
  /** The URL of the cluster; null: the config names it. */
  readonly cluster: string | null
  /** The state directory; null: it is the usual one. */
  readonly state: string | null
}

/** `portolan cluster VERB` with what makes it be about a cluster and a state directory. */
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
 * What claims blocks for a host: `join`, or where another machine has its name, what gives the name back and joins by
 * another one. `join` is refused then.
 *
 * @param known - `disputed`: etcd has lost its data, so it does not tell what this host gives back
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

/** What gets back the blocks that a machine of this host's name has, which may be this host itself. */
export const takeoverLine = (place: LinePlace): string => clusterLine('join', place, ['--takeover'])

/** What claims blocks for a host, as the rules take it. */
export const claimLines = (
  place: LinePlace,
  known: Pick<HeldBlocks, 'host' | 'others' | 'disputed'>,
): Pick<HeldBlocks, 'join' | 'takeover'> => ({
  join: claimLine(place, known),
  ...(mayBeItself(known) ? { takeover: takeoverLine(place) } : {}),
})

/**
 * What is to be said to a host that is in another cluster than the one that is asked for.
 *
 * @param state - its state directory; null: the usual one
 * @param asked - what names another cluster, as a part of a sentence
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
