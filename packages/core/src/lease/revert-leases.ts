import { overlappingSubnets } from './acquire-subnet.ts'
import { heldInSubnet } from './addresses-in-subnet.ts'
import type { Lease, LeaseChange } from './lease.ts'
import { holderKey, leaseKey } from './lease-key.ts'
import { findLease, type LeaseState, type LeaseStep, leaseOf } from './lease-state.ts'
import { type Progress, sameLease, stepOf, write } from './lease-step.ts'

/**
 * Takes back what an operation did to the leases, as far as no other operation has built on it since: what it took is given back
 * without a trace, and what it gave up is held again. For a caller that leased something for work that then failed.
 *
 * @param changes - of one step, in its order
 * @example
 * const taken = acquireAddress(state, request)
 * revertLeases(taken.state, taken.changes).state // what it was
 * @public @since 0.1.0
 */
export const revertLeases = (state: LeaseState, changes: readonly LeaseChange[]): LeaseStep<null> => {
  let progress: Progress = { state, changes: [] }
  // Last first: an address goes before the subnet that it was taken in.
  for (const { key, before, after } of changes.toReversed()) {
    const now = findLease(progress.state, key)
    if (!sameLease(now, after)) continue
    if (before === null ? isBuiltOn(progress.state, after) : isInTheWay(progress.state, before)) continue
    const step = write(progress.state, [[key, before]])
    progress = { state: step.state, changes: [...progress.changes, ...step.changes] }
  }
  return stepOf(progress, null)
}

/** A subnet in which an address has been leased meanwhile stays leased. */
const isBuiltOn = (state: LeaseState, taken: Lease | null): boolean =>
  taken?.kind === 'subnet' && heldInSubnet(state, taken).length > 0

/** Has the thing that was given up another holder by now, or has its holder another such thing? */
const isInTheWay = (state: LeaseState, given: Lease): boolean => {
  if (given.kind === 'subnet') return overlappingSubnets(state, given).length > 0
  if (given.kind === 'address' && given.released !== null) return false
  const holder = holderKey(given)
  const other = holder === null ? null : leaseOf(state, holder)
  if (other === null || (other.kind === 'address' && other.released !== null)) return false
  return leaseKey(other) !== leaseKey(given)
}
