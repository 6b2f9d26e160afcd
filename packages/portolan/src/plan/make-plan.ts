import {
  type ClusterNeighbours,
  type Conflict,
  type ConflictSearch,
  type DesiredMapping,
  type DesiredState,
  diffLinks,
  diffSysctls,
  findIccUnenforceable,
  type HeldBlocks,
  type Intent,
  type IntentNote,
  type LeaseState,
  type Pool,
  type PublishedPort,
  type ReservedRange,
  type Resolution,
  resolve,
  summarise,
  unsettledNetworks,
  withNeighbours,
} from '@portolan/core'
import {
  engineSubnets,
  findNetworkInUse,
  findPortsInEphemeralRange,
  findStaleConntrack,
  type LostBlockUse,
  lostBlockNotes,
  networkPlaceNotes,
  withoutLeavingRoutes,
  withoutStaleRoutes,
  withoutStandIns,
} from '@portolan/core/planning'
import type { Fix, OwedFlows } from '@portolan/host'
import type { HostFacts, InterfaceFact, NetfilterRuleset, Wording } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import { withoutLoss } from '../firewalld/ask-firewalld.ts'
import { closeLater } from '../firewalld/close-later.ts'
import type { Firewalld } from '../firewalld/read-firewalld.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { publishedPorts } from '../host-rules/published-ports.ts'
import { translatedAddresses } from '../host-rules/translated-addresses.ts'
import { addedPorts, natMappings, withdrawnPorts } from './changed-ports.ts'
import { endpointNotes } from './endpoints/endpoint-notes.ts'
import { findConflictsWithRules } from './find-conflicts.ts'
import { fixConflicts, unneededFixes } from './fix-change.ts'
import { owedFlowChanges } from './flow-change.ts'
import { forgottenSysctlNotes } from './forgotten-sysctl-notes.ts'
import { inOrder } from './in-order.ts'
import { leaseReleases } from './lease-release.ts'
import { mendConflicts } from './mend-conflicts.ts'
import { namedAlone } from './named-ports.ts'
import type { Plan, PlanChange } from './plan.ts'
import { planRules } from './plan-rules.ts'
import { plannedAddresses } from './planned-addresses.ts'
import { refuseChainsOfNft } from './refuse-chains-of-nft.ts'
import { heldChainNotes, strayProjectNotes } from './rule-notes.ts'
import { speakingPlan } from './speaking-plan.ts'
import { unreportedBlocks } from './unreported-blocks.ts'
import { withCommands } from './with-commands.ts'

/**
 * The input of a plan.
 * @public @since 0.1.0
 */
export interface PlanInput {
  readonly intent: Intent
  readonly facts: HostFacts
  readonly rules: HostRules
  /** All rules of the host, managed and foreign; null: they could not be read. */
  readonly surrounding: HostRules | null
  /** The rules as `evaluate` reads them: all, or the known ones. Computed on demand, because few plans need them. */
  readonly present: () => readonly NetfilterRuleset[]
  readonly backend: Backend
  readonly pools: readonly Pool[] | null
  /** The blocks of this host in a cluster; null: it is in none, or none is named. */
  readonly blocks: HeldBlocks | null
  readonly reserve: readonly ReservedRange[]
  readonly allow: readonly string[]
  readonly guardForwarding: boolean
  /** Null: no lease store. */
  readonly leases: LeaseState | null
  /** The other hosts of this host's cluster; null or absent: it is in none, or they are not known. */
  readonly neighbours?: ClusterNeighbours | null
  /** Blocks that this host lost in its cluster, even when no cluster is named; absent: none, or none are known. */
  readonly lost?: readonly LostBlockUse[]
  /** The networks that get a new subnet. */
  readonly move: readonly string[]
  /** Sentences about what could not be read, besides facts and rules. */
  readonly unread: readonly string[]
  /** Mend conflicts that have a documented hook. */
  readonly fix: boolean
  /** What must be known of firewalld before a reload; null: it does not run, or nothing reloads it. */
  readonly firewalld: Firewalld | null
  /** The fixes that earlier runs made. */
  readonly fixes: readonly Fix[]
  /** The names of sysctls that earlier runs set; absent: not known. */
  readonly setBefore?: readonly string[]
  /** Connections that earlier runs still have to forget. */
  readonly owed: OwedFlows
  /** Sysctls can be set. */
  readonly sysctls: boolean
  /** Ports of the project that a live host published, and that no intent has. */
  readonly live: readonly DesiredMapping[]
  /** A live host holds the project, and no file describes it. */
  readonly isLive?: boolean
  /** Search for conflicts with what else is on the host. */
  readonly search: boolean
  /** Writes a command of `portolan` for a remedy. */
  readonly ownCommand?: (command: string) => string
  /** The words of messages for what the user may change. */
  readonly wording?: Wording
}

/**
 * Makes the plan for an intent from what is known of a host. Pure: it reads and changes nothing.
 * @example
 * makePlan(planInput(intent, {}, known)).subnets[0]?.subnet // '172.17.0.0/16'
 * @public @since 0.1.0
 */
export const makePlan = (input: PlanInput): Plan => {
  const { intent, facts, rules, backend, neighbours = null } = input
  const published = publishedPorts(rules)
  const others = published.filter(({ project }) => project !== intent.project)
  const known = neighbours === null ? facts : withoutStaleRoutes(facts, neighbours)
  const worded = input.wording === undefined ? {} : { wording: input.wording }
  const resolved = resolve(intent, known, {
    translated: translatedElsewhere(input, published),
    own: published
      .filter(({ project }) => project === intent.project)
      .flatMap(({ targets }) => targets.map(({ address }) => address)),
    ...(input.pools === null ? {} : { pools: input.pools }),
    blocks: input.blocks,
    reserve: input.reserve,
    allow: input.allow,
    ...worded,
    guardForwarding: input.guardForwarding,
    isLive: input.isLive ?? false,
    ...(input.leases === null ? {} : { leases: input.leases }),
    move: input.move,
    others,
  })
  const own = withMappings(resolved.desired, input.live)
  const around = withoutLeavingRoutes(own, facts)
  const joined =
    neighbours === null ? null : withNeighbours(own, around, neighbours, input.wording, input.ownCommand)
  const { desired, conflicts: ofRoutes } = joined ?? { desired: own, conflicts: [] }
  const unreported = unreportedBlocks(input.lost ?? [], intent.project, resolved.subnets, input.blocks)
  const lost = lostBlockNotes(unreported, neighbours, input.blocks ?? undefined)
  const placed = networkPlaceNotes(resolved.subnets, desired.networks, input)
  const networkNotes = [...lost, ...placed, ...(joined?.notes ?? []), ...endpointNotes(input, desired)]
  const ofHost = [...networkNotes, ...forgottenSysctlNotes(desired, input)].map(
    (text): IntentNote => ({ text, place: null }),
  )
  const resolution = { ...resolved, desired, notes: [...resolved.notes, ...ofHost] }
  const links = diffLinks(desired, facts).map((change): PlanChange => ({ ...change, part: 'link' }))
  const sysctls = diffSysctls(desired, facts, { writable: input.sysctls, ...worded })
  const plannedRules = planRules(backend, desired, intent.project, rules, facts)
  refuseChainsOfNft(plannedRules, input.surrounding ?? rules, input.wording)
  const unneeded = unneededFixes(input.fixes, desired)
  const changes = inOrder({
    links,
    rules: plannedRules,
    unneededFixes: unneeded.map((change): PlanChange => ({ ...change, part: 'fix' })),
    sysctls: sysctls.changes.map((change): PlanChange => ({ ...change, part: 'sysctl' })),
  })
  const searched = findConflictsWithRules(
    desired,
    facts,
    input.search ? input.surrounding : null,
    changes,
    input.sysctls,
    unsettledNetworks(resolution.conflicts),
    others,
    input.wording,
  )
  const needed = input.fixes.filter((one) => !unneeded.some(({ operation: { fix } }) => fix === one))
  const isByFirewalld = needed.some(({ name }) => name === 'firewalld')
  const {
    fixes: inPlace,
    changes: closing,
    conflicts: open,
  } = isByFirewalld
    ? closeLater(desired, needed, engineSubnets(desired, facts), input.present())
    : { fixes: needed, changes: [], conflicts: [] }
  const beside = [
    ...resolution.conflicts,
    ...ofRoutes,
    ...sysctls.conflicts,
    ...findIccUnenforceable(desired, facts),
    ...findPortsInEphemeralRange(namedAlone(desired, intent), facts),
    ...findStaleConntrack(
      desired,
      facts,
      published.flatMap(({ targets }) => targets),
    ),
    ...findNetworkInUse(removedBridges(links, facts), others),
    ...open,
  ]
  const withBeside = (byRules: readonly Conflict[]): readonly Conflict[] =>
    withoutStandIns([...beside, ...withoutDoubles(byRules, sysctls.conflicts)])
  const mended = input.fix
    ? mendConflicts(searched, withBeside, (found) =>
        fixConflicts(intent.project, found, inPlace, input.firewalld),
      )
    : { changes: [], conflicts: withBeside(searched.conflicts), incomplete: searched.incomplete }
  return finishPlan(
    input,
    resolution,
    {
      conflicts: mended.conflicts.map((one) => withoutLoss(one, input.firewalld, input.wording)),
      incomplete: mended.incomplete,
    },
    [
      // Leases are given up first, as in apply. The search for conflicts does not need these changes.
      ...leaseReleases(input.leases === null ? null : resolution.leases).map(
        (change): PlanChange => ({ ...change, part: 'lease' }),
      ),
      ...changes,
      ...[...closing, ...mended.changes].map((change): PlanChange => ({ ...change, part: 'fix' })),
      ...owedFlowChanges(input.owed, [...others, ...natMappings(desired)]).map(
        (change): PlanChange => ({ ...change, part: 'conntrack' }),
      ),
    ],
    published,
  )
}

const withMappings = (desired: DesiredState, more: readonly DesiredMapping[]): DesiredState =>
  more.length === 0 ? desired : { ...desired, mappings: [...desired.mappings, ...more] }

/** The addresses to which foreign rules translate. Only an external network needs them. */
const translatedElsewhere = (
  { intent, present }: PlanInput,
  published: readonly PublishedPort[],
): readonly string[] => {
  if (!intent.networks.some(({ external }) => external)) return []
  const ours = new Set(published.flatMap(({ targets }) => targets.map(({ address }) => address)))
  return translatedAddresses(present()).filter((address) => !ours.has(address))
}

const finishPlan = (
  input: PlanInput,
  { desired, subnets, notes, leases }: Resolution,
  { conflicts, incomplete }: ConflictSearch,
  changes: readonly PlanChange[],
  published: readonly PublishedPort[],
): Plan => {
  const { intent, facts, rules, backend, sysctls, leases: leased, unread: unreadElsewhere } = input
  const unread = [...(facts.unread ?? []), ...rules.unread, ...unreadElsewhere]
  const ofRules = [
    ...strayProjectNotes(rules, facts, intent.project, input.ownCommand),
    ...heldChainNotes(rules, changes),
  ]
  const plan = {
    project: intent.project,
    backend,
    subnets,
    addresses: plannedAddresses(desired),
    conflicts: conflicts
      .map((one) => withCommands(one, input))
      .sort((a, b) => severityRank[a.severity] - severityRank[b.severity]),
    incomplete,
    changes,
    summary: summarise(changes),
    notes: [...notes, ...[...ofRules, ...unread].map((text): IntentNote => ({ text, place: null }))],
    unread,
    desired,
    leases: leased === null ? null : leases,
    withdrawn: withdrawnPorts(published, desired),
    added: addedPorts(published, desired, changes),
    setsSysctls: sysctls,
    observed: { facts, rules },
  }
  return speakingPlan(plan)
}

/** Drops conflicts that repeat a sysctl's: its effect on every mapping is reported once. */
const withoutDoubles = (found: readonly Conflict[], sysctls: readonly Conflict[]): readonly Conflict[] =>
  found.filter(
    ({ kind }) =>
      // The conflict about a bridge's sysctl says nothing about the filter of another interface.
      kind === 'ReversePathFilterStrict' || !sysctls.some((conflict) => conflict.kind === kind),
  )

const removedBridges = (
  links: readonly PlanChange[],
  { interfaces }: HostFacts,
): readonly InterfaceFact[] => {
  const removed = new Set(
    links.flatMap(({ part, operation }) =>
      part === 'link' && operation.kind === 'delete-bridge' ? [operation.name] : [],
    ),
  )
  return (interfaces ?? []).filter(({ name }) => name !== undefined && removed.has(name))
}

const severityRank: Record<Conflict['severity'], number> = { error: 0, warning: 1, info: 2 }
