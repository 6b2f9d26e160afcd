import type { MappedFlows } from '../conntrack/mapped-flows.ts'
import type { UntranslatedFlows } from '../conntrack/untranslated-flows.ts'

/**
 * Connections that keep their former destination after a change of rules, until conntrack forgets them.
 * @public @since 0.1.0
 */
export interface OwedFlows {
  /** Connections through mappings that are gone or have another target now. */
  readonly mapped: readonly MappedFlows[]
  /** Connections that began before their mapping existed, and so are not translated. */
  readonly untranslated: readonly UntranslatedFlows[]
}

/**
 * An empty list of connections.
 * @public @since 0.1.0
 */
export const noFlows: OwedFlows = Object.freeze({ mapped: [], untranslated: [] })
