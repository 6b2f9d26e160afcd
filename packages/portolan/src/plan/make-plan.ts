import {
  type Conflict,
  type DesiredState,
  diffLinks,
  diffSysctls,
  findIccUnenforceable,
  type HostFacts,
  type Intent,
  type IntentNote,
  type LeaseState,
  type Pool,
  type PublishedPort,
  type ReservedRange,
  type Resolution,
  resolve,
  summarise,
} from '@portolan/core'
import type { Backend } from '../backend/backend.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { publishedPorts } from '../host-rules/published-ports.ts'
import type { Plan, PlanChange, PlannedAddress } from './plan.ts'
import { planJson } from './plan-json.ts'
import { planRules } from './plan-rules.ts'
import { printPlan } from './print-plan.ts'

/** @internal */
export interface PlanInput {
  readonly intent: Intent
  readonly facts: HostFacts
  readonly rules: HostRules
  readonly backend: Backend
  readonly pools: readonly Pool[] | null
  readonly reserve: readonly ReservedRange[]
  readonly allow: readonly string[]
  readonly guardForwarding: boolean
  /** Null: no lease store. */
  readonly leases: LeaseState | null
  /** Networks that get another subnet than the one they have. */
  readonly move: readonly string[]
  /** What could not be read, beside facts and rules: sentences. */
  readonly unread: readonly string[]
  /** May sysctls be set? */
  readonly sysctls: boolean
}

/**
 * The plan for an intent, from what is known of a host. Pure: reads and changes nothing.
 * @internal
 */
export const makePlan = (input: PlanInput): Plan => {
  const { intent, facts, rules, backend } = input
  const published = publishedPorts(rules)
  const resolution = resolve(intent, facts, {
    ...(input.pools === null ? {} : { pools: input.pools }),
    reserve: input.reserve,
    allow: input.allow,
    guardForwarding: input.guardForwarding,
    ...(input.leases === null ? {} : { leases: input.leases }),
    move: input.move,
    others: published.filter(({ project }) => project !== intent.project),
  })
  const { desired } = resolution
  const links = diffLinks(desired, facts).map((change): PlanChange => ({ ...change, part: 'link' }))
  const sysctls = diffSysctls(desired, facts, { writable: input.sysctls })
  const changes: readonly PlanChange[] = [
    // In this order no moment is more open than the one before: bridges go before the rules that guard them,
    // and come after; forwarding is switched on last.
    ...links.filter((change) => change.action === 'remove'),
    ...planRules(backend, desired, intent.project, rules),
    ...links.filter((change) => change.action !== 'remove'),
    ...sysctls.changes.map((change): PlanChange => ({ ...change, part: 'sysctl' })),
  ]
  return finishPlan(
    input,
    resolution,
    [...resolution.conflicts, ...sysctls.conflicts, ...findIccUnenforceable(desired, facts)],
    changes,
    published,
  )
}

const finishPlan = (
  { intent, facts, rules, backend, leases: leased, unread: unreadLeases }: PlanInput,
  { desired, subnets, notes, leases }: Resolution,
  conflicts: readonly Conflict[],
  changes: readonly PlanChange[],
  published: readonly PublishedPort[],
): Plan => {
  const unread: readonly IntentNote[] = [...(facts.unread ?? []), ...rules.unread, ...unreadLeases].map(
    (text) => ({
      text,
      place: null,
    }),
  )
  const plan = {
    project: intent.project,
    backend,
    subnets,
    addresses: plannedAddresses(desired),
    conflicts: [...conflicts].sort((a, b) => severityRank[a.severity] - severityRank[b.severity]),
    changes,
    summary: summarise(changes),
    notes: [...notes, ...unread],
    desired,
    leases: leased === null ? null : leases,
    withdrawn: withdrawnPorts(published, desired),
    observed: { facts, rules },
  }
  return { ...plan, toString: () => printPlan(plan), toJSON: () => planJson(plan) }
}

const severityRank: Record<Conflict['severity'], number> = { error: 0, warning: 1, info: 2 }

const plannedAddresses = (desired: DesiredState): readonly PlannedAddress[] =>
  desired.endpoints.flatMap(({ service, replica, network, ip, ip6, mac }) =>
    [ip, ip6].flatMap((address) => (address === null ? [] : [{ service, replica, network, address, mac }])),
  )

/** Ports of this project that are in force now and lead nowhere, or elsewhere, afterwards. */
const withdrawnPorts = (
  published: readonly PublishedPort[],
  desired: DesiredState,
): readonly PublishedPort[] => {
  const key = (port: Omit<PublishedPort, 'project' | 'label'>): string =>
    [
      port.family,
      port.protocol,
      port.hostAddress,
      port.hostPort,
      port.interface,
      ...port.targets.map((to) => `${to.address} ${to.port}`),
    ].join(' ')
  const kept = new Set(desired.mappings.filter(({ kind }) => kind === 'nat').map(key))
  return published.filter((port) => port.project === desired.project && !kept.has(key(port)))
}
