import type { DesiredEndpoint, LeaseProposal } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import type { Plan, PlanChange } from '../plan/plan.ts'
import { planJson } from '../plan/plan-json.ts'
import { type StoredRules, storeRules } from './stored-rules.ts'

/** The version of the form of a stored plan. A plan with another version is refused. */
export const STORED_VERSION = 1

/**
 * The parts that a plan needs to be applied, besides what its JSON shows. Changes of rules, links and sysctls are not
 * stored. They follow from the rest, so a stored plan cannot show one thing and do another.
 */
export interface StoredParts {
  readonly version: typeof STORED_VERSION
  readonly endpoints: readonly DesiredEndpoint[]
  readonly guardForwarding: boolean
  /** The gateway of each subnet. The JSON shows none for an isolated network. */
  readonly gateways: readonly string[]
  readonly leases: LeaseProposal | null
  /** The operations of changes that do not follow from the rest, by the index of the change. */
  readonly operations: Readonly<Record<string, unknown>>
  readonly setsSysctls: boolean
  readonly facts: HostFacts
  readonly rules: StoredRules
}

/** The changes that a plan makes because of notes of earlier runs and of leases. The desired state holds neither. */
export type CarriedChange = Extract<PlanChange, { readonly part: 'fix' | 'conntrack' | 'lease' }>

const isCarried = (change: PlanChange): change is CarriedChange =>
  change.part === 'fix' || change.part === 'conntrack' || change.part === 'lease'

/**
 * Stores a plan as JSON that `planFromJson` reads. The JSON is that of `portolan plan --json`, with what `apply` needs
 * under `stored`.
 * @internal
 */
export const storePlan = (plan: Omit<Plan, 'toString' | 'toJSON'>): Record<string, unknown> => {
  const { desired, subnets, changes, leases, setsSysctls, observed } = plan
  const stored: StoredParts = {
    version: STORED_VERSION,
    endpoints: desired.endpoints,
    guardForwarding: desired.guardForwarding,
    gateways: subnets.map(({ gateway }) => gateway),
    leases,
    operations: Object.fromEntries(
      changes.flatMap((change, at) => (isCarried(change) ? [[at, change.operation]] : [])),
    ),
    setsSysctls,
    facts: observed.facts,
    rules: storeRules(observed.rules),
  }
  return { ...planJson(plan), stored }
}
