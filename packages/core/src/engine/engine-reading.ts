import type { EngineNetworkFact, EnginePoolFact } from '@portolan/netfilter'
import { IntentError, ParseError, type PortolanError } from '@portolan/netfilter'

/**
 * What a configuration file of another engine says about the networks of this host.
 * @public @since 0.1.0
 */
export interface EngineReading {
  /** Networks that it defines, up or not. */
  readonly networks: readonly EngineNetworkFact[]
  /** Ranges it may cut further networks from: not in use yet, so not to be avoided. */
  readonly pools: readonly EnginePoolFact[]
  /** What is odd in the file, each a sentence that names it. */
  readonly complaints: readonly string[]
  /** Folders in which the engine keeps its own database, where they are not the usual ones. */
  readonly dataRoots?: readonly string[]
  /** Folders in which the engine keeps its networks, where they are not the usual ones. */
  readonly networkFolders?: readonly string[]
  /** Further configuration files that it names. */
  readonly configFiles?: readonly string[]
}

/**
 * Reads one configuration file.
 *
 * @param file - what to call the text: its path
 * @returns what could be understood; the rest is in `complaints`
 * @throws never: a file of another program is no reason to stop
 * @example
 * parseNetavarkNetwork(text, '/etc/containers/networks/web.json').networks
 * @public @since 0.1.0
 */
export type EngineParser = (text: string, file: string) => EngineReading

export const emptyReading: EngineReading = { networks: [], pools: [], complaints: [] }

/** A file of which nothing can be understood. */
export const unreadable = (file: string, why: string): EngineReading => ({
  ...emptyReading,
  complaints: [`${file} could not be understood: ${why}. The networks it defines are not avoided.`],
})

/** What is wrong with a text, without the name of its file, which the sentence around it says already. */
export const withoutFile = (error: PortolanError): string => {
  if (!(error instanceof ParseError || error instanceof IntentError)) return error.message
  const { line, column, fault } = error
  return line === null ? fault : `line ${line}:${column}: ${fault}`
}
