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
  notes: plan.notes,
})
