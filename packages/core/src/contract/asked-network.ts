import { formatPrefix, tryParsePrefix } from '@portolan/netfilter'
import type { ReachableSource } from '../intent/index.ts'

/**
 * What a live network was asked to be that neither its addresses nor its rules tell.
 * @public @since 0.1.0
 */
export interface AskedNetwork {
  /** The host address that ports without one are bound to. */
  readonly hostBinding?: string
  /** What reaches every container of it on its own address. */
  readonly reachableFrom?: readonly AskedSource[]
}

/**
 * What may reach a live network: a live host has no services.
 * @public @since 0.1.0
 */
export type AskedSource = Exclude<ReachableSource, { readonly kind: 'service' }>

/**
 * A source as a word without spaces, commas and `=`. Only a prefix has a slash, and only a network a colon.
 * @internal
 */
export const sourceWord = (source: AskedSource): string => {
  if (source.kind === 'prefix') return source.prefix
  return source.kind === 'interface'
    ? encodeURIComponent(source.name)
    : `network:${encodeURIComponent(source.network)}`
}

/**
 * @throws URIError for an escape that is none
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
