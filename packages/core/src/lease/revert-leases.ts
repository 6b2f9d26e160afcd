import { overlappingSubnets } from './acquire-subnet.ts'
import { heldInSubnet } from './addresses-in-subnet.ts'
import type { Lease, LeaseChange } from './lease.ts'
import { holderKey, leaseKey } from './lease-key.ts'
import { findLease, type LeaseState, type LeaseStep, leaseOf } from './lease-state.ts'
import { type Progress, sameLease, stepOf, write } from './lease-step.ts'

/**
 * Takes back what an operation did to the leases, unless another operation has built on it since. Taken leases are
 * removed without a trace, and released ones are held again. It is for a caller whose work failed after it had leased
 * something.
 *
 * @param changes - the changes of one step, in their order
 * @example
 * const taken = acquireAddress(state, request)
 * revertLeases(taken.state, taken.changes).state // what it was
 * @public @since 0.1.0
 */
export const revertLeases = (state: LeaseState, changes: readonly LeaseChange[]): LeaseStep<null> => {
  let progress: Progress = { state, changes: [] }
  // The last change goes first: an address is removed before the subnet that holds it.
  for (const { key, before, after } of changes.toReversed()) {
    const now = findLease(progress.state, key)
    if (!sameLease(now, after)) continue
    if (before === null ? isBuiltOn(progress.state, after) : isInTheWay(progress.state, before)) continue
    const step = write(progress.state, [[key, before]])
    progress = { state: step.state, changes: [...progress.changes, ...step.changes] }
  }
  return stepOf(progress, null)
}

/** Has an address been leased in a taken subnet since? Then the subnet stays leased. */
const isBuiltOn = (state: LeaseState, taken: Lease | null): boolean =>
  taken?.kind === 'subnet' && heldInSubnet(state, taken).length > 0

/** Does the released thing have another holder by now, or does its holder have another one instead? */
const isInTheWay = (state: LeaseState, given: Lease): boolean => {
  if (given.kind === 'subnet') return overlappingSubnets(state, given).length > 0
  if (given.kind === 'address' && given.released !== null) return false
  const holder = holderKey(given)
  const other = holder === null ? null : leaseOf(state, holder)
  if (other === null || (other.kind === 'address' && other.released !== null)) return false
  return leaseKey(other) !== leaseKey(given)
}
