import type { Change, DesiredState, Lease, LeaseProposal, SubnetPlan } from '@portolan/core'
import { shellLine } from '@portolan/netfilter'
import { fixCommands } from './fix-change.ts'
import type { Plan, PlanChange } from './plan.ts'

/**
 * A change as JSON shows it: its description, without the operation that carries it out.
 * @internal
 */
export type ChangeJson = Change &
  Pick<PlanChange, 'part'> & {
    /** For a `fix`: the commands that run, in order, each as a line of sh. */
    readonly runs?: readonly string[]
  }

/** @internal */
export const changeJson = (planned: PlanChange): ChangeJson => {
  const { part, action, object, description, before, after, reverse } = planned
  const all = { action, object, description, before, after, reverse, part }
  if (planned.part !== 'fix') return all
  const { undo, commands } = fixCommands(planned.operation)
  return { ...all, runs: [...undo, ...commands].map(shellLine) }
}

/**
 * What `portolan plan --json` prints. Keys may be added, never taken away.
 * @internal
 */
export const planJson = (plan: Omit<Plan, 'toString' | 'toJSON'>): Record<string, unknown> => ({
  project: plan.project,
  backend: plan.backend,
  subnets: plan.subnets.map((subnet) => subnetJson(subnet, plan.desired)),
  addresses: plan.addresses,
  networks: plan.desired.networks,
  ...(plan.desired.parented === undefined ? {} : { parented: plan.desired.parented }),
  mappings: plan.desired.mappings,
  ...(plan.desired.openings === undefined ? {} : { openings: plan.desired.openings }),
  ...(plan.desired.routes === undefined ? {} : { routes: plan.desired.routes }),
  conflicts: plan.conflicts,
  ...(plan.incomplete.length === 0 ? {} : { incomplete: plan.incomplete }),
  changes: plan.changes.map(changeJson),
  summary: plan.summary,
  leases: plan.leases === null ? null : leasesJson(plan.leases),
  notes: plan.notes,
  ...(plan.unread.length === 0 ? {} : { unread: plan.unread }),
})

/**
 * A subnet with the gateway of its network. An isolated network has none; a network on a parent has its router there.
 */
const subnetJson = (
  subnet: SubnetPlan,
  { networks, parented = [] }: DesiredState,
): Omit<SubnetPlan, 'gateway'> & { readonly gateway: string | null } => {
  const network = [...networks, ...parented].find(({ name }) => name === subnet.network)
  const settled = subnet.family === 'ip' ? network?.ip : network?.ip6
  return settled == null ? subnet : { ...subnet, gateway: settled.gateway }
}

/** The leases that apply takes and gives up. A released address leaves a trace in the store that is no lease. */
const leasesJson = ({ changes, kept }: LeaseProposal): Record<string, unknown> => ({
  take: changes.flatMap(({ after }) => (after === null || isReleased(after) ? [] : [after])),
  release: changes.flatMap(({ before, after }) =>
    before !== null && !isReleased(before) && (after === null || isReleased(after)) ? [before] : [],
  ),
  kept: kept.length,
})

const isReleased = (lease: Lease): boolean => lease.kind === 'address' && lease.released !== null
