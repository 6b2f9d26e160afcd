import type { Lease, LeaseChange, LeasedParent } from './lease.ts'
import { findLease, type LeaseState, type LeaseStep, withLease } from './lease-state.ts'

/** The state that an operation has reached so far, with its changes. */
export interface Progress {
  readonly state: LeaseState
  readonly changes: readonly LeaseChange[]
}

/** Writes several leases, one after the other; null removes a lease. */
export const write = (
  state: LeaseState,
  leases: readonly (readonly [key: string, after: Lease | null])[],
): Progress => {
  let next = state
  const changes: LeaseChange[] = []
  for (const [key, after] of leases) {
    const before = findLease(next, key)
    if (sameLease(before, after)) continue
    next = withLease(next, key, after)
    changes.push({ key, before, after })
  }
  return { state: next, changes }
}

export const stepOf = <Result>({ state, changes }: Progress, result: Result): LeaseStep<Result> => ({
  state,
  changes,
  result,
})

/**
 * Are two leases the same? A lease released at another time is a different one. The mark `planned` is not compared.
 * @internal
 */
export const sameLease = (a: Lease | null, b: Lease | null): boolean => {
  if (a === null || b === null || a.kind !== b.kind) return a === b
  return JSON.stringify(fields(a)) === JSON.stringify(fields(b))
}

/** The fields of a lease in a fixed order, whatever order the object has. */
const fields = (lease: Lease): readonly unknown[] => {
  switch (lease.kind) {
    case 'subnet':
      return [
        lease.project,
        lease.network,
        lease.family,
        lease.subnet,
        lease.gateway,
        lease.movedFrom,
        ...(lease.parented === undefined ? [] : parentFields(lease.parented)),
      ]
    case 'address': {
      const { on, family, address, mac, holder, released } = lease
      return [
        on.project,
        on.network,
        family,
        address,
        mac,
        holder.project,
        holder.service,
        holder.replica,
        released,
      ]
    }
    case 'port': {
      const { project, service, replica, network, containerPort } = lease.holder
      return [lease.protocol, lease.port, project, service, replica, network, containerPort]
    }
  }
}

const parentFields = ({ driver, parent, mtu, router, ipRange }: LeasedParent): readonly unknown[] => [
  driver.kind,
  driver.mode,
  driver.kind === 'ipvlan' ? driver.flag : null,
  parent,
  mtu,
  router,
  ipRange,
]

/**
 * Merges changes in a row into one for each key, and drops those that change nothing.
 * @internal
 */
export const mergeChanges = (changes: readonly LeaseChange[]): readonly LeaseChange[] => {
  const merged = new Map<string, LeaseChange>()
  for (const change of changes) {
    const first = merged.get(change.key)
    merged.set(change.key, first === undefined ? change : { ...change, before: first.before })
  }
  return [...merged.values()].filter(({ before, after }) => !sameLease(before, after))
}
