import { formatPrefix, tryParsePrefix } from '@portolan/netfilter'
import type { ReachableSource } from '../intent/index.ts'

/**
 * The parts of a live network's intent that neither its addresses nor its rules show.
 * @public @since 0.1.0
 */
export interface AskedNetwork {
  /** The host address for ports that name none. */
  readonly hostBinding?: string
  /** The sources that reach every container of the network on its own address. */
  readonly reachableFrom?: readonly AskedSource[]
}

/**
 * A source that may reach a live network. A live host knows no services.
 * @public @since 0.1.0
 */
export type AskedSource = Exclude<ReachableSource, { readonly kind: 'service' }>

/**
 * Writes a source as a word without spaces, commas and `=`. Only a prefix has a slash, and only a network has a colon.
 * @internal
 */
export const sourceWord = (source: AskedSource): string => {
  if (source.kind === 'prefix') return source.prefix
  return source.kind === 'interface'
    ? encodeURIComponent(source.name)
    : `network:${encodeURIComponent(source.network)}`
}

/**
 * Reads the word of a source.
 * @throws URIError for an invalid percent escape
 * @internal
 */
export const readSource = (word: string): AskedSource => {
  const prefix = tryParsePrefix(word)
  if (prefix !== null) return { kind: 'prefix', prefix: formatPrefix(prefix) }
  const network = /^network:(.+)$/.exec(word)?.[1]
  return network === undefined
    ? { kind: 'interface', name: decodeURIComponent(word) }
    : { kind: 'network', network: decodeURIComponent(network) }
}
