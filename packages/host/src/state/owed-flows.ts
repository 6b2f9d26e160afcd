import type { MappedFlows } from '../conntrack/mapped-flows.ts'
import type { UntranslatedFlows } from '../conntrack/untranslated-flows.ts'

/**
 * Connections that a change of rules leaves bound to where they went before, until conntrack forgets them.
 * @public @since 0.1.0
 */
export interface OwedFlows {
  /** Through mappings that are gone or lead elsewhere. */
  readonly mapped: readonly MappedFlows[]
  /** Past mappings that were not there when they began. */
  readonly untranslated: readonly UntranslatedFlows[]
}

/**
 * No connections.
 * @public @since 0.1.0
 */
export const noFlows: OwedFlows = Object.freeze({ mapped: [], untranslated: [] })
