import type { EngineNetworkFact, EnginePoolFact } from '@portolan/netfilter'
import { IntentError, ParseError, type PortolanError } from '@portolan/netfilter'

/**
 * What a configuration file of another engine says about the networks of this host.
 * @public @since 0.1.0
 */
export interface EngineReading {
  /** Networks that it defines, up or not. */
  readonly networks: readonly EngineNetworkFact[]
  /** Ranges that the engine may cut further networks from. They are not in use yet, so they need not be avoided. */
  readonly pools: readonly EnginePoolFact[]
  /** What is wrong in the file. Each sentence names the file. */
  readonly complaints: readonly string[]
  /** Folders of the engine's own database that differ from the usual ones. */
  readonly dataRoots?: readonly string[]
  /** Folders of the engine's network files that differ from the usual ones. */
  readonly networkFolders?: readonly string[]
  /** Further configuration files that this file names. */
  readonly configFiles?: readonly string[]
}

/**
 * Reads one configuration file.
 *
 * @param file - what to call the text: its path
 * @returns what could be understood; `complaints` names the rest
 * @throws never: a broken file of another program must not stop Portolan
 * @example
 * parseNetavarkNetwork(text, '/etc/containers/networks/web.json').networks
 * @public @since 0.1.0
 */
export type EngineParser = (text: string, file: string) => EngineReading

export const emptyReading: EngineReading = { networks: [], pools: [], complaints: [] }

/** The reading of a file that cannot be understood at all. */
export const unreadable = (file: string, why: string): EngineReading => ({
  ...emptyReading,
  complaints: [`${file} could not be understood: ${why}. The networks it defines are not avoided.`],
})

/** The fault of a text without the name of its file: the sentence around the fault names the file already. */
export const withoutFile = (error: PortolanError): string => {
  if (!(error instanceof ParseError || error instanceof IntentError)) return error.message
  const { line, column, fault } = error
  return line === null ? fault : `line ${line}:${column}: ${fault}`
}
