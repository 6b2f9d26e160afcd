import type {
  ChangeSummary,
  Conflict,
  DesiredMapping,
  DesiredState,
  IncompleteSearch,
  IntentNote,
  LeaseProposal,
  LinkChange,
  PublishedPort,
  SubnetPlan,
  SysctlChange,
} from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import type { AnyRuleChange } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import type { FixChange } from './fix-change.ts'
import type { FlowChange } from './flow-change.ts'
import type { LeaseReleaseChange } from './lease-release.ts'

/**
 * One step of a plan, with the part of the host it is for.
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables' })
 * const isOfRules = ({ part }: PlanChange): boolean => part === 'nftables'
 * p.changes.some(isOfRules) // true
 * @public @since 0.1.0
 */
export type PlanChange =
  | AnyRuleChange
  | (LinkChange & { readonly part: 'link' })
  | (SysctlChange & { readonly part: 'sysctl' })
  | (FixChange & { readonly part: 'fix' })
  | (FlowChange & { readonly part: 'conntrack' })
  | (LeaseReleaseChange & { readonly part: 'lease' })

/**
 * The address of one endpoint in one family.
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables' })
 * const inHosts = ({ address, service }: PlannedAddress): string => `${address} ${service}`
 * p.addresses.map(inHosts) // ['172.17.0.1 web']
 * @public @since 0.1.0
 */
export interface PlannedAddress {
  readonly service: string
  readonly replica: number
  readonly network: string
  readonly address: string
  readonly mac: string
}

/**
 * The work of `apply` and its reasons, as data: it can be printed, stored, reviewed, applied or thrown away.
 * `String(plan)` is a text for people. `JSON.stringify(plan)` is what `portolan plan --json` prints. Its key `stored`
 * holds what apply needs: `planFromJson` reads it.
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p: Plan = await plan(intent, { facts: {}, rules: null, backend: 'nftables' })
 * p.summary.remove // 0
 * String(p).startsWith('Plan for project shop') // true
 * @public @since 0.1.0
 */
export interface Plan {
  readonly project: string
  readonly backend: Backend
  readonly subnets: readonly SubnetPlan[]
  readonly addresses: readonly PlannedAddress[]
  readonly conflicts: readonly Conflict[]
  /** The parts that the search for conflicts skipped; empty: it covered everything it is for. */
  readonly incomplete: readonly IncompleteSearch[]
  /** In the order in which `apply` carries them out. */
  readonly changes: readonly PlanChange[]
  readonly summary: ChangeSummary
  /** Sentences about input that cannot take effect, and about what could not be read. */
  readonly notes: readonly IntentNote[]
  /** The notes about what could not be read on the host. A plan without it may miss conflicts. */
  readonly unread: readonly string[]
  readonly desired: DesiredState
  /** The leases that `apply` takes before it changes anything; null: planned without a lease store. */
  readonly leases: LeaseProposal | null
  /** Mappings that are in force now and not afterwards. `apply` makes conntrack forget their flows. */
  readonly withdrawn: readonly PublishedPort[]
  /** Mappings that come into force. `apply` makes conntrack forget earlier UDP flows to their host ports. */
  readonly added: readonly DesiredMapping[]
  /** Sysctls can be set. Otherwise a sysctl that is off is a conflict. */
  readonly setsSysctls: boolean
  /** What the plan was made from. `apply` refuses when the host's managed state has changed since. */
  readonly observed: { readonly facts: HostFacts; readonly rules: HostRules }
  toString(): string
  toJSON(): Record<string, unknown>
}
