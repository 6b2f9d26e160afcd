import type { SocketFact } from '../facts/index.ts'

/**
 * Facts that make a story easier to read, where they are known.
 * @public @since 0.1.0
 */
export interface ExplainOptions {
  /** Names of endpoints by canonical address. */
  readonly names?: ReadonlyMap<string, string>
  /** The listening sockets of the host (`HostFacts.sockets`); absent: the story says nothing of listeners. */
  readonly sockets?: readonly SocketFact[]
}
