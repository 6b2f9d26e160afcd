import { type Change, type Lease, type LeaseProposal, replicaName } from '@portolan/core'

/**
 * The release of a lease that nothing of the project uses any more.
 * @public @since 0.1.0
 */
export interface LeaseReleaseChange extends Change {
  readonly operation: {
    readonly kind: 'release-lease'
    /** The key of the lease, from `leaseKey`. */
    readonly key: string
  }
}

/**
 * The releases of a lease proposal as changes. New leases are no changes, because no holder loses anything by them.
 * @internal
 */
export const leaseReleases = (proposal: LeaseProposal | null): readonly LeaseReleaseChange[] =>
  (proposal?.changes ?? []).flatMap(({ key, before, after }) =>
    before !== null && isHeld(before) && !isHeld(after) ? [leaseRelease(key, before)] : [],
  )

/** Tells whether a lease is held. A released address is remembered, and is no lease any more. */
const isHeld = (lease: Lease | null): boolean =>
  lease !== null && !(lease.kind === 'address' && lease.released !== null)

const leaseRelease = (key: string, lease: Lease): LeaseReleaseChange => ({
  action: 'remove',
  object: `lease of ${thingOf(lease)}`,
  description: `Give up ${thingOf(lease)} of ${holderOf(lease)}: no part of the project uses it any more.`,
  before: `${thingOf(lease)} of ${holderOf(lease)}`,
  after: null,
  reverse: '# the next plan that needs it leases it again, while it is free',
  operation: { kind: 'release-lease', key },
})

const thingOf = (lease: Lease): string => {
  switch (lease.kind) {
    case 'subnet':
      return `subnet ${lease.subnet}`
    case 'address':
      return `address ${lease.address}`
    case 'port':
      return `host port ${lease.port}/${lease.protocol}`
  }
}

const holderOf = (lease: Lease): string => {
  if (lease.kind === 'subnet') return `network ${lease.network}`
  const endpoint = replicaName(lease.holder)
  return lease.kind === 'address'
    ? `${endpoint} on network ${lease.on.network}`
    : `${endpoint}, port ${lease.holder.containerPort}`
}
