import type { SocketFact } from '../facts/index.ts'

/**
 * What makes a story easier to read, where it is known.
 * @public @since 0.1.0
 */
export interface ExplainOptions {
  /** Names of endpoints by canonical address. */
  readonly names?: ReadonlyMap<string, string>
  /** What listens on the host (`HostFacts.sockets`); absent: nothing is said of it. */
  readonly sockets?: readonly SocketFact[]
}
