import type { DesiredEndpoint, LeaseProposal } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import type { Plan, PlanChange } from '../plan/plan.ts'
import { planJson } from '../plan/plan-json.ts'
import { type StoredRules, storeRules } from './stored-rules.ts'

/** The form of a stored plan; a plan of a later form is not guessed at. */
export const STORED_VERSION = 1

/**
 * What a plan needs to be applied, beside what JSON shows of it. Changes of rules, links and sysctls are not stored:
 * they follow from the rest, so a stored plan cannot show one thing and do another.
 */
export interface StoredParts {
  readonly version: typeof STORED_VERSION
  readonly endpoints: readonly DesiredEndpoint[]
  readonly guardForwarding: boolean
  /** Of each subnet: JSON shows none for an isolated network. */
  readonly gateways: readonly string[]
  readonly leases: LeaseProposal | null
  /** Operations of changes that do not follow from the rest, by the place of the change. */
  readonly operations: Readonly<Record<string, unknown>>
  readonly setsSysctls: boolean
  readonly facts: HostFacts
  readonly rules: StoredRules
}

/** The changes that a plan makes for what it does not hold: notes of earlier runs, and the leases. */
export type CarriedChange = Extract<PlanChange, { readonly part: 'fix' | 'conntrack' | 'lease' }>

const isCarried = (change: PlanChange): change is CarriedChange =>
  change.part === 'fix' || change.part === 'conntrack' || change.part === 'lease'

/**
 * A plan as JSON that `planFromJson` reads: what `portolan plan --json` prints, and under `stored` what it takes to
 * apply it.
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
