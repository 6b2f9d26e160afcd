import { StaleStateError } from '@portolan/netfilter'
import { overlappingSubnets } from './acquire-subnet.ts'
import type { Lease, LeaseChange } from './lease.ts'
import { holderKey, leaseKey } from './lease-key.ts'
import { findLease, type LeaseState, type LeaseStep, leaseOf } from './lease-state.ts'
import { sameLease, stepOf, write } from './lease-step.ts'

/**
 * The leases that a plan takes and gives up. It is made from one state of the store. It can be committed to a later
 * state, as long as the leases that it depends on have not changed.
 * @public @since 0.1.0
 */
export interface LeaseProposal {
  /** At most one change for each key. */
  readonly changes: readonly LeaseChange[]
  /** Leases that the project has already and keeps. */
  readonly kept: readonly Lease[]
  /** Keys of the subnet leases that the project's own subnets overlap, as conflicts of the plan say. */
  readonly tolerated: readonly string[]
}

/**
 * Carries out a proposal. Carrying it out again changes nothing.
 *
 * @throws StaleStateError when another process has since taken or released a lease that matters; then write nothing
 * @example
 * await store.transact((state) => commitLeases(state, plan.leases))
 * @public @since 0.1.0
 */
export const commitLeases = (state: LeaseState, proposal: LeaseProposal): LeaseStep<null> => {
  const touched = new Set(proposal.changes.map(({ key }) => key))
  for (const lease of proposal.kept) {
    if (!sameLease(findLease(state, leaseKey(lease)), lease)) throw stale(lease)
  }
  const writes: (readonly [string, Lease | null])[] = []
  let { sequence } = state
  for (const change of proposal.changes) {
    const { key, before, after } = change
    const now = findLease(state, key)
    if (isDone(now, after)) continue
    if (!sameLease(now, before)) throw stale(after ?? before)
    if (after !== null) checkAlone(state, change, after, touched, proposal.tolerated)
    if (after?.kind === 'address' && after.released !== null) sequence += 1
    writes.push([key, atPlace(after, sequence)])
  }
  return stepOf(write(state, writes), null)
}

/** Gives a released address its place in the order of the store, which may have grown since the plan. */
const atPlace = (lease: Lease | null, sequence: number): Lease | null =>
  lease?.kind === 'address' && lease.released !== null ? { ...lease, released: sequence } : lease

const isDone = (now: Lease | null, after: Lease | null): boolean => {
  if (
    now?.kind === 'address' &&
    after?.kind === 'address' &&
    now.released !== null &&
    after.released !== null
  )
    return sameLease({ ...now, released: 0 }, { ...after, released: 0 })
  return sameLease(now, after)
}

/**
 * Refuses a lease that another one excludes although its key is free: a new subnet may overlap it, or its holder may
 * have another lease by now.
 */
const checkAlone = (
  state: LeaseState,
  { key }: LeaseChange,
  after: Lease,
  touched: ReadonlySet<string>,
  tolerated: readonly string[],
): void => {
  if (after.kind === 'subnet') {
    const inTheWay = overlappingSubnets(state, after)
      .map(leaseKey)
      .find((other) => !touched.has(other) && !tolerated.includes(other))
    if (inTheWay !== undefined) throw stale(after)
    return
  }
  const holder = holderKey(after)
  const other = holder === null ? null : leaseOf(state, holder)
  if (other === null || (other.kind === 'address' && other.released !== null)) return
  if (leaseKey(other) !== key && !touched.has(leaseKey(other))) throw stale(other)
}

const stale = (lease: Lease | null): StaleStateError =>
  new StaleStateError(
    `The lease of ${lease === null ? 'something' : nameOf(lease)} changed after the plan was made. Nothing was changed`,
    { advice: 'plan again' },
  )

const nameOf = (lease: Lease): string => {
  switch (lease.kind) {
    case 'subnet':
      return lease.subnet
    case 'address':
      return lease.address
    case 'port':
      return `host port ${lease.port}/${lease.protocol}`
  }
}
