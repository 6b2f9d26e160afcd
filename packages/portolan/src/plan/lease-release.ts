import { type Change, type Lease, type LeaseProposal, replicaName } from '@portolan/core'

/**
 * A lease that a plan gives up: nothing of the project uses it any more.
 * @public @since 0.1.0
 */
export interface LeaseReleaseChange extends Change {
  readonly operation: {
    readonly kind: 'release-lease'
    /** As `leaseKey` gives it. */
    readonly key: string
  }
}

/**
 * What a proposal gives up, as changes. What it takes is no change: no holder loses anything by it.
 * @internal
 */
export const leaseReleases = (proposal: LeaseProposal | null): readonly LeaseReleaseChange[] =>
  (proposal?.changes ?? []).flatMap(({ key, before, after }) =>
    before !== null && isHeld(before) && !isHeld(after) ? [leaseRelease(key, before)] : [],
  )

/** An address that was released is remembered, and no lease any more. */
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
