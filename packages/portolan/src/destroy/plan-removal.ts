import {
  type ChangeSummary,
  type Conflict,
  deleteBridge,
  deleteEndpoints,
  deleteVlan,
  type KeptSysctl,
  type Lease,
  type LeasedAddress,
  type LeaseState,
  parseBridgeAlias,
  parseVlanAlias,
  type RouteHolder,
  summarise,
} from '@portolan/core'
import { deleteRoutes, findNetworkInUse, switchHairpinOff } from '@portolan/core/planning'
import type { HostState } from '@portolan/host'
import type { HostFacts } from '@portolan/netfilter'
import { hairpinPorts } from '../apply/hairpin-ports.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { projectsInRules } from '../host-rules/projects-in-rules.ts'
import { publishedPorts } from '../host-rules/published-ports.ts'
import { givenUpAddresses, heldLeases } from '../leases/held-leases.ts'
import { attachedPorts } from '../live/attachments/attached-ports.ts'
import { carriedOut } from '../plan/carried-out.ts'
import { undoFix } from '../plan/fix-change.ts'
import { owedFlowChanges } from '../plan/flow-change.ts'
import type { Plan, PlanChange } from '../plan/plan.ts'
import { planRules } from '../plan/plan-rules.ts'
import { heldChainNotes } from '../plan/rule-notes.ts'
import { restoredSysctls } from './restored-sysctls.ts'
import { routesOfOthersNotes } from './routes-of-others-notes.ts'
import type { Surroundings } from './surroundings.ts'
import { unknownProjectNotes } from './unknown-project-notes.ts'
import { withoutFixes } from './without-fixes.ts'

/**
 * The removal that `destroy` would carry out, as data.
 * @example
 * const removal: Removal = await planDestroy()
 * removal.complete // true
 * @public @since 0.1.0
 */
export interface Removal extends Pick<Plan, 'changes' | 'observed' | 'withdrawn'> {
  /** The projects that are removed, sorted. */
  readonly projects: readonly string[]
  /** All projects that have something on this host, sorted. */
  readonly present: readonly string[]
  /** The conflicts of projects that stay: what breaks for them. */
  readonly conflicts: readonly Conflict[]
  /** The removed projects that a live host holds. What is written down of them is removed too. */
  readonly live: readonly string[]
  /**
   * The removed projects of which a key's text (`portolan watch --intent`) is remembered. The text is forgotten too.
   * Absent: there are none.
   */
  readonly texts?: readonly string[]
  /** Nothing of Portolan stays, so that remembered settings of the host are restored too. */
  readonly complete: boolean
  readonly summary: ChangeSummary
  /** Managed parts that have to stay, each a sentence that says why and what to do. */
  readonly left: readonly string[]
  /**
   * Sysctls that keep the value that Portolan set, because something foreign may rely on them. `left` tells of them
   * too.
   */
  readonly kept: readonly KeptSysctl[]
  /**
   * The leases that are given up after the changes. It does not matter which operation took a lease, or whether its
   * project is on the host now.
   */
  readonly leases: readonly Lease[]
  /**
   * Addresses that endpoints of the removed projects gave up before. An interface on a parent may still have one.
   * Absent: there are none.
   */
  readonly givenUp?: readonly LeasedAddress[]
}

/**
 * What a removal is planned from.
 * @public @since 0.1.0
 */
export interface RemovalInput {
  readonly facts: HostFacts
  readonly rules: HostRules
  /** All rules with the foreign ones, and settings. These may rely on sysctls that `state` remembers. */
  readonly surroundings: Surroundings
  readonly state: HostState
  /** The project to remove; null: every project, and everything else that Portolan has. */
  readonly project: string | null
  /** Null: leases are kept. */
  readonly leases: LeaseState | null
  /** Projects of which something is written down as wanted. */
  readonly live: readonly string[]
  /** Projects of which the text of a key is remembered; absent: none. */
  readonly texts?: readonly string[]
  /** The directory from which `state` and `leases` were read, for messages about them. */
  readonly stateDirectory: string
  /** Another state directory to which the routes of the host belong. Its routes stay. Absent or null: none is known. */
  readonly routesOf?: RouteHolder | null
}

/**
 * Plans the removal of one project, or of everything that Portolan has, from what is on the host alone. No intent is
 * needed.
 * @example
 * planRemoval({ facts, rules, surroundings, state, project: 'shop', leases, live: [], stateDirectory }).projects // ['shop']
 * @public @since 0.1.0
 */
export const planRemoval = ({
  facts,
  rules,
  surroundings,
  state,
  project,
  leases,
  live,
  texts = [],
  stateDirectory,
  routesOf = null,
}: RemovalInput): Removal => {
  const bridges = (facts.interfaces ?? []).flatMap((link) => {
    const owner = parseBridgeAlias(link.alias)
    return owner === null ? [] : [{ link, project: owner.project }]
  })
  const vlans = (facts.interfaces ?? []).flatMap((link) => {
    const owner = parseVlanAlias(link.alias)
    return owner === null ? [] : [{ link, project: owner }]
  })
  const present = [
    ...new Set([
      ...[...bridges, ...vlans].map((link) => link.project),
      ...attachedPorts(facts).map(({ mark }) => mark.project),
      ...projectsInRules(rules),
      ...live,
    ]),
  ].sort()
  const projects = present.filter((one) => project === null || one === project)
  const published = publishedPorts(rules)
  const removed = bridges.filter((bridge) => projects.includes(bridge.project)).map(({ link }) => link)
  const complete = projects.length === present.length
  const ruleChanges = removeRules(rules, projects, complete)
  const sysctls = complete
    ? restoredSysctls(facts, remaining(surroundings, ruleChanges, state), state)
    : { changes: [], kept: [] }
  const changes: readonly PlanChange[] = [
    // This is the reverse of the order of apply: forwarding stops first, and the guards go last.
    ...sysctls.changes.map((change): PlanChange => ({ ...change, part: 'sysctl' })),
    ...projects.flatMap((one) =>
      deleteEndpoints(facts.interfaces ?? [], one).map((change): PlanChange => ({ ...change, part: 'link' })),
    ),
    ...removed.map((link): PlanChange => ({ ...deleteBridge(link), part: 'link' })),
    ...vlans
      .filter((vlan) => projects.includes(vlan.project))
      .map(({ link }): PlanChange => ({ ...deleteVlan(link), part: 'link' })),
    ...(complete ? [...restoredPorts(facts, state), ...(routesOf === null ? removedRoutes(facts) : [])] : []),
    ...state.fixes
      .filter((fix) => complete || projects.includes(fix.project))
      .map((fix): PlanChange => ({ ...undoFix(fix), part: 'fix' })),
    ...ruleChanges,
    ...owedFlowChanges(
      state.owed,
      published.filter((port) => !projects.includes(port.project)),
    ).map((change): PlanChange => ({ ...change, part: 'conntrack' })),
  ]
  return {
    projects,
    present,
    live: live.filter((one) => projects.includes(one)),
    // A text is not part of the host. It may be all that is left of a project.
    texts: texts.filter((one) => project === null || one === project),
    conflicts: findNetworkInUse(
      removed,
      published.filter((port) => !projects.includes(port.project)),
    ),
    complete,
    changes,
    summary: summarise(changes),
    leases: leases === null ? [] : heldLeases(leases, project),
    givenUp: leases === null ? [] : givenUpAddresses(leases, project),
    withdrawn: published.filter((port) => projects.includes(port.project)),
    observed: { facts, rules },
    kept: sysctls.kept,
    left: [
      ...sysctls.kept.map(({ message }) => message),
      ...heldChainNotes(rules, changes),
      ...(complete && routesOf !== null ? routesOfOthersNotes(facts, routesOf) : []),
      ...(leases === null
        ? []
        : unknownProjectNotes(
            projects.filter((one) => bridges.some((bridge) => bridge.project === one)),
            leases,
            stateDirectory,
          )),
    ],
  }
}

/**
 * The rules that remain after the removal. Managed chains that were renamed look foreign. So do rules that other
 * programs have on our behalf. Both are removed too, so they must not count as foreign.
 */
const remaining = (
  { rules: surrounding, unread, settings }: Surroundings,
  changes: readonly PlanChange[],
  { fixes }: HostState,
): Surroundings => ({
  unread,
  settings,
  rules: surrounding === null ? null : withoutFixes(carriedOut(surrounding, changes), fixes),
})

const removeRules = (
  rules: HostRules,
  projects: readonly string[],
  complete: boolean,
): readonly PlanChange[] => {
  const [only] = projects
  if (complete) return planRules(null, null, null, rules, {})
  return only === undefined ? [] : planRules(null, null, only, rules, {})
}

/** Deletes the routes to blocks of other hosts. They belong to no single project. */
const removedRoutes = (facts: HostFacts): readonly PlanChange[] =>
  deleteRoutes(facts).map((change): PlanChange => ({ ...change, part: 'link' }))

/** Switches hairpin mode off again on ports of foreign bridges, unless it is off already. */
const restoredPorts = ({ interfaces }: HostFacts, state: HostState): readonly PlanChange[] =>
  hairpinPorts(state)
    .filter((name) => interfaces?.some((link) => link.name === name && link.hairpin === true))
    .map((name) => ({ ...switchHairpinOff(name), part: 'link' }))
