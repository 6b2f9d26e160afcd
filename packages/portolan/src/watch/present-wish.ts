import type { ClusterNeighbours, DesiredState, Intent } from '@portolan/core'
import { chosenAnew } from '@portolan/core/planning'
import { type HostFacts, PortolanError } from '@portolan/netfilter'

/** What is wanted, and what it was planned from. */
export interface Wished {
  readonly intent: Intent
  readonly desired: DesiredState
  /** The other hosts of the cluster; null: none are known. */
  readonly neighbours: ClusterNeighbours | null
}

/**
 * What was planned, as the host has room for it now: what was in the way then may have gone. It is made anew where the host
 * was read again, or something else is wanted.
 */
export const presentWish = (wished: () => Wished): ((facts: HostFacts) => DesiredState) => {
  let last: (Wished & { readonly facts: HostFacts; readonly present: DesiredState }) | null = null
  return (facts) => {
    const { intent, desired, neighbours } = wished()
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

/** An interface that `reachable_from` names may be one by now that it cannot name: then it stays as it was planned. */
const asNow = (...[intent, desired, facts, neighbours]: Parameters<typeof chosenAnew>): DesiredState => {
  try {
    return chosenAnew(intent, desired, facts, neighbours)
  } catch (error) {
    if (error instanceof PortolanError) return desired
    throw error
  }
}
