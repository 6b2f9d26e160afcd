import {
  type ClusterNeighbours,
  type Conflict,
  type DesiredMapping,
  type DesiredNetwork,
  type DesiredState,
  type PublishedPort,
  searchConflicts,
  withNeighbours,
} from '@portolan/core'
import {
  containsAddress,
  type HostFacts,
  type NetfilterRule,
  type NetfilterRuleset,
  parseAddress,
  parsePrefix,
  type Wording,
} from '@portolan/netfilter'
import { backends } from '../backend/backend.ts'
import { dialects } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { lowerRules } from '../host-rules/lower-rules.ts'
import { carriedOut } from '../plan/carried-out.ts'
import { changesOf } from '../plan/changes-of.ts'
import type { PlanChange } from '../plan/plan.ts'
import { withCommands } from '../plan/with-commands.ts'
import { type BehindCluster, behindCluster } from './behind-cluster.ts'
import type { Drift } from './find-drift.ts'
import { type ProjectCommand, wordsAbout } from './project-command.ts'
import type { ProjectConflict } from './status.ts'
import type { Wish } from './wish.ts'

/** The host in which a search looks for conflicts. */
export interface SearchedHost {
  readonly facts: HostFacts
  /** Every rule of the host. */
  readonly surrounding: HostRules
  /** The changes that would mend the managed rules. A missing managed rule is not a conflict. */
  readonly changes: readonly PlanChange[]
  /** The changes that would mend the bridges and the sysctls of projects. */
  readonly hostChanges: Drift['host']
  readonly published: readonly PublishedPort[]
  readonly networks: readonly { readonly project: string; readonly network: DesiredNetwork }[]
  readonly wishes: readonly Wish[]
  /** The other hosts of the cluster, for projects without wishes. Absent or null: none are known. */
  readonly neighbours?: ClusterNeighbours | null
  /** Look only for conflicts of this endpoint's ports, of networks and of the host. Absent: look for all conflicts. */
  readonly about?: EndpointOnNetwork
  /** How remedies name what the user may change; by default as the command does. */
  readonly wording?: Wording | undefined
  /** Writes a command about a project; by default unchanged. */
  readonly written?: ProjectCommand | undefined
}

/** An endpoint on a network of the project that is asked about. */
export interface EndpointOnNetwork {
  readonly network: string
  readonly endpoint: string
}

/** Does a port lead to an endpoint? */
export const leadsTo = (
  { network, endpoint }: EndpointOnNetwork,
  { targets }: { readonly targets: readonly { readonly service: string; readonly network: string }[] },
): boolean => targets.some((one) => one.service === endpoint && one.network === network)

/** The command that looks for conflicts in a plan. */
const allOf = 'portolan conflicts'

const rank = { error: 0, warning: 1, info: 2 } as const

/** The conflicts that keep projects from working now, worst first. */
export const conflictsNow = (
  host: SearchedHost,
  projects: readonly string[],
): {
  readonly conflicts: readonly ProjectConflict[]
  readonly unread: readonly string[]
  readonly behind: readonly BehindCluster[]
} => {
  const rulesets = rulesetsOf(host)
  const isRestricted = restrictedIn(rulesets)
  const unread: string[] = []
  const behind: BehindCluster[] = []
  const { about } = host
  const conflicts = projects.flatMap((project) => {
    const wish = host.wishes.find((one) => one.project === project)
    const { ownCommand, ...words } = wordsAbout(project, host)
    const { desired: state, conflicts: ofRoutes = [] } = wish ?? inForceAmong(project, host, words.wording)
    if (state === null) return []
    const { conflicts: found, incomplete } = searchConflicts(state, host.facts, rulesets, {
      setsSysctls: setsSysctls(project, host),
      ...words,
      published: host.published.filter((port) => port.project !== project),
      // Without wishes, only what is in force is known. That does not tell the names of endpoints.
      ...(about === undefined || wish === undefined ? {} : { about: (mapping) => leadsTo(about, mapping) }),
      ...(host.surrounding.hidden === undefined ? {} : { hidden: host.surrounding.hidden }),
    })
    if (incomplete.length > 0)
      unread.push(
        `Conflicts of project ${project} were looked for among most packets only: "${ownCommand?.(allOf) ?? allOf}" tells which were left out.`,
      )
    const all = [...ofRoutes, ...found.filter(({ kind }) => isOfNow(kind))]
    const stale = wish === undefined ? behindCluster(project, state, all, host) : null
    if (stale !== null) behind.push(stale)
    const current = stale === null ? all : all.filter((one) => !stale.conflicts.includes(one))
    return (wish === undefined ? asFarAsRulesTell(current, project, isRestricted) : current).map(
      (conflict): ProjectConflict => ({
        ...withCommands(conflict, { ...(ownCommand && { ownCommand }), ...words }),
        project,
      }),
    )
  })
  return { conflicts: [...conflicts].sort((a, b) => rank[a.severity] - rank[b.severity]), unread, behind }
}

/**
 * Does the next apply of a project set sysctls? Only a project that lacks a bridge has to be applied. Of another
 * project, a sysctl that was switched off is reported, because it keeps packets back now.
 */
const setsSysctls = (project: string, { hostChanges }: SearchedHost): boolean => {
  const own = hostChanges.filter((change) => change.project === project)
  return (
    own.some(({ operation }) => operation.kind === 'create-bridge') &&
    own.some(({ part }) => part === 'sysctl')
  )
}

/**
 * Leaves out `PortInEphemeralRange`. The kernel may give the port to a client one day, and a plan is the place to tell
 * that. The conflict is also true of every port whose choice was left to Portolan.
 */
const isOfNow = (kind: ProjectConflict['kind']): boolean => kind !== 'PortInEphemeralRange'

const rulesetsOf = ({ surrounding, changes }: SearchedHost): readonly NetfilterRuleset[] => {
  const movesRules = backends.some(
    (backend) => dialects[backend].sharesChains && changesOf(changes, backend).length > 0,
  )
  return lowerRules(carriedOut(surrounding, changes), movesRules ? { numberedAs: surrounding } : {})
}

/**
 * The conflicts of a project whose wishes are not known. The rules do not tell to which sources a port is restricted.
 * So a packet that the project's own rules drop is no conflict. A conflict on a restricted port is only possible,
 * because the dropped packet may come from a source that may not use the port anyway.
 */
const asFarAsRulesTell = (
  conflicts: readonly Conflict[],
  project: string,
  isRestricted: (label: string) => boolean,
): readonly Conflict[] =>
  conflicts
    .filter(({ culprit }) => culprit?.managed?.project !== project)
    .map((conflict) =>
      conflict.mapping !== null && isRestricted(`${project}/${conflict.mapping}`)
        ? { ...conflict, certainty: 'possible' }
        : conflict,
    )

/** Does a managed rule drop packets to a mapping, from sources that may not use the mapping? */
const restrictedIn = (rulesets: readonly NetfilterRuleset[]): ((label: string) => boolean) => {
  const found = new Set<string>()
  for (const { tables } of rulesets)
    for (const { chains } of tables)
      for (const { rules } of chains)
        for (const { steps, source } of rules)
          if (source.comment !== null && steps.some(drops)) found.add(source.comment)
  return (label) => found.has(label)
}

const drops = (step: NetfilterRule['steps'][number]): boolean =>
  step.kind === 'verdict' && step.verdict.kind === 'drop'

/**
 * The state in force, with what the other hosts of the cluster add: routes to their blocks, and no masquerading of
 * packets to them.
 */
const inForceAmong = (
  project: string,
  host: SearchedHost,
  wording: Wording | undefined,
): Pick<Wish, 'desired' | 'conflicts'> => {
  const alone = stateInForce(project, host)
  const { neighbours = null, facts } = host
  return neighbours === null ? { desired: alone } : withNeighbours(alone, facts, neighbours, wording)
}

/** The state of a project as its bridges and rules tell it. Its ports count as open to every source. */
const stateInForce = (project: string, { networks, published }: SearchedHost): DesiredState => {
  const own = networks
    .filter((one) => one.project === project)
    .flatMap(({ network }) => withKnownSubnets(network))
  const mappings = published
    .filter((port) => port.project === project)
    .flatMap((port) => mappingInForce(port, own))
  return { project, networks: own, endpoints: [], mappings, guardForwarding: false }
}

/** Leaves out the subnet of an isolated network: its bridge has no address that tells the subnet. */
const withKnownSubnets = (network: DesiredNetwork): readonly DesiredNetwork[] => {
  const [ip, ip6] = [network.ip, network.ip6].map((one) => (one?.mode === 'isolated' ? null : one))
  return ip == null && ip6 == null ? [] : [{ ...network, ip: ip ?? null, ip6: ip6 ?? null }]
}

/** Leaves out a port with a target outside the project's own networks, such as in an external network. */
const mappingInForce = (
  { project: _project, newConnections: _count, limited: _limited, ...port }: PublishedPort,
  networks: readonly DesiredNetwork[],
): readonly DesiredMapping[] => {
  const targets = port.targets.flatMap((target) => {
    const network = networkHolding(networks, target.address)
    return network === null
      ? []
      : [{ service: target.address, replica: 1, network: network.name, ...target, weight: 1 }]
  })
  const [first, ...more] = targets
  if (first === undefined || targets.length < port.targets.length) return []
  return [{ ...port, kind: 'nat', allowFrom: null, targets: [first, ...more] }]
}

/** The network whose subnet holds an address. */
export const networkHolding = (
  networks: readonly DesiredNetwork[],
  address: string,
): DesiredNetwork | null => {
  const wanted = parseAddress(address)
  return (
    networks.find(({ ip, ip6 }) =>
      [ip, ip6].some(
        (one) => one !== null && one.mode !== 'isolated' && containsAddress(parsePrefix(one.subnet), wanted),
      ),
    ) ?? null
  )
}
