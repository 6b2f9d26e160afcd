import type { ClusterNeighbours, DesiredState, Intent } from '@portolan/core'
import { chosenAnew } from '@portolan/core/planning'
import { type HostFacts, PortolanError } from '@portolan/netfilter'

/** A desired state, and what it was planned from. */
export interface PlannedState {
  readonly intent: Intent
  readonly desired: DesiredState
  /** The other hosts of the cluster; null: none are known. */
  readonly neighbours: ClusterNeighbours | null
}

/**
 * Returns the desired state as the host allows it now. An obstacle of planning time may be gone. The result is computed
 * again when the facts or the intent change.
 */
export const desiredForFacts = (planned: () => PlannedState): ((facts: HostFacts) => DesiredState) => {
  let last: (PlannedState & { readonly facts: HostFacts; readonly present: DesiredState }) | null = null
  return (facts) => {
    const { intent, desired, neighbours } = planned()
    const isSame =
      last !== null &&
      last.facts === facts &&
      last.intent === intent &&
      last.desired === desired &&
      last.neighbours === neighbours
    if (last === null || !isSame)
      last = { intent, desired, neighbours, facts, present: asNow(intent, desired, facts, neighbours) }
    return last.present
  }
}

/**
 * The desired state for the facts of now. An interface named in `reachable_from` may have become one that must not be
 * named. The planned state stays then.
 */
const asNow = (...[intent, desired, facts, neighbours]: Parameters<typeof chosenAnew>): DesiredState => {
  try {
    return chosenAnew(intent, desired, facts, neighbours)
  } catch (error) {
    if (error instanceof PortolanError) return desired
    throw error
  }
}
