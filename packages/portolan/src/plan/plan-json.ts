import type { Lease, LeaseProposal } from '@portolan/core'
import type { Plan } from './plan.ts'

/**
 * What `portolan plan --json` prints. Keys may be added, never taken away.
 * @internal
 */
export const planJson = (plan: Omit<Plan, 'toString' | 'toJSON'>): Record<string, unknown> => ({
  project: plan.project,
  backend: plan.backend,
  subnets: plan.subnets,
  addresses: plan.addresses,
  networks: plan.desired.networks,
  mappings: plan.desired.mappings,
  conflicts: plan.conflicts,
  changes: plan.changes.map(({ part, action, object, description, before, after, reverse }) => ({
    action,
    object,
    description,
    before,
    after,
    reverse,
    part,
  })),
  summary: plan.summary,
  leases: plan.leases === null ? null : leasesJson(plan.leases),
  notes: plan.notes,
})

/** What is leased and given up by apply: the releases of addresses leave a trace, which is no lease. */
const leasesJson = ({ changes, kept }: LeaseProposal): Record<string, unknown> => ({
  take: changes.flatMap(({ after }) => (after === null || isReleased(after) ? [] : [after])),
  release: changes.flatMap(({ before, after }) =>
    before !== null && !isReleased(before) && (after === null || isReleased(after)) ? [before] : [],
  ),
  kept: kept.length,
})

const isReleased = (lease: Lease): boolean => lease.kind === 'address' && lease.released !== null
