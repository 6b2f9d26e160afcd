import { existsSync } from 'node:fs'
import { type Conflict, checkPortCount, type Intent, type Runner } from '@portolan/core'
import { createRunner, defaultStateDirectory, isSysctlWritable, readFlows, readHost } from '@portolan/host'
import {
  type HostFacts,
  InspectError,
  type NetfilterRuleset,
  ownerOf,
  PermissionError,
  PortolanError,
  type Wording,
} from '@portolan/netfilter'
import { checkHostFacts, checkOptions } from '@portolan/netfilter/schema'
import { checkIntentValue } from '../arguments/check-intent.ts'
import { dialects } from '../backend/dialects.ts'
import { refuseElsewhere } from '../backend/refuse-elsewhere.ts'
import { namedBlocks } from '../cluster/named-blocks.ts'
import { type LostUse, readLostUse } from '../cluster/read-lost-use.ts'
import type { BlockWitnesses } from '../cluster/use-of-blocks.ts'
import { reloadsFirewalld, withoutLoss } from '../firewalld/ask-firewalld.ts'
import { type Firewalld, readFirewalld } from '../firewalld/read-firewalld.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { readSurroundingRules } from '../host-rules/read-surrounding-rules.ts'
import { readLeases } from '../leases/read-leases.ts'
import { type LeaseOptions, withLeaseStore } from '../leases/with-lease-store.ts'
import { wantedStateFile } from '../live/wanted/open-wanted-state.ts'
import { knownNeighbours } from './known-neighbours.ts'
import { makePlan, type PlanInput } from './make-plan.ts'
import type { Plan } from './plan.ts'
import { type KnownHost, planInput } from './plan-input.ts'
import { type PlanOptions, planKinds } from './plan-options.ts'
import { readFixes } from './read-fixes.ts'
import { withInside } from './read-inside.ts'
import { settleBackend } from './settle-backend.ts'
import { speakingPlan } from './speaking-plan.ts'

/**
 * Plans what an intent needs on a host: subnets, addresses, conflicts, changes. Reads what it is not given, and changes
 * nothing.
 *
 * @throws InvalidRequestError for a wrong argument or an unknown option
 * @throws IntentError when the intent is impossible on any host like this
 * @throws PoolExhaustedError when no subnet is free
 * @throws PortolanError `PROJECT_IS_LIVE` when a live host holds the project, `SUBNET_EXHAUSTED` when a subnet has no
 *   address left, `STATE` when the lease store or the state file is damaged
 * @throws MissingToolError when the chosen backend's program is not installed
 * @throws InspectError when the host's rules cannot be read
 * @throws PortolanError `RUNNER_ELSEWHERE` when facts are of this process's network namespace, and rules of another
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables' })
 * p.subnets[0]?.subnet // '172.17.0.0/16'
 * @public @since 0.1.0
 */
export const plan = async (intent: Intent, options: PlanOptions = {}): Promise<Plan> => {
  const whole = checkIntentValue(intent)
  checkOptions<PlanOptions>(options, planKinds, 'the options of plan')
  if (options.facts !== undefined) checkHostFacts(options.facts, 'the facts in the options of plan')
  refuseLive(whole, options)
  return planBeside(whole, options, { search: true })
}

/** Refuses a project that a live host holds. No file has its networks and ports, so a plan would remove them. */
const refuseLive = ({ project }: Intent, options: PlanOptions): void => {
  if (leaseOptions(options).leases === null) return
  const destroy = `portolan destroy -p ${project}`
  const file = wantedStateFile(options.stateDirectory ?? defaultStateDirectory(), project)
  if (!existsSync(file)) return
  throw new PortolanError(
    'PROJECT_IS_LIVE',
    `Project ${project} is held by a live host, which keeps what it wants in ${file}: a plan would remove that. Give this one another name (-p), or end that one with "${options.ownCommand?.(destroy) ?? destroy}".`,
  )
}

/** The input that a caller gives besides the options; see `PlanInput`. */
interface Beside extends Pick<PlanInput, 'isLive' | 'search'> {
  /**
   * The published ports of a live host, asked for after the rules are read. A port that another process published in
   * between would be in the rules, and would look unwanted. Absent: no live host published ports.
   */
  readonly live?: () => PlanInput['live']
}

/**
 * Plans like `plan`, with the ports that a live host published for the project.
 * @internal
 */
export const planBeside = async (intent: Intent, options: PlanOptions, beside: Beside): Promise<Plan> => {
  const { input, runner } = await readInput(intent, options, beside)
  const planned = makePlan(input)
  const isAsked = input.fix || options.rules !== undefined
  if (isAsked) return planned
  const conflicts = await withFirewalld(planned.conflicts, runner, options.wording)
  return conflicts === planned.conflicts ? planned : speakingPlan({ ...planned, conflicts })
}

/**
 * Reads what the search for conflicts of such a plan needs, as it is now.
 *
 * @param search - finds the conflicts in the input that was read
 * @returns the search. It reads nothing more of the host, except firewalld if a remedy would reload it
 * @internal
 */
export const prepareSearch = async (
  intent: Intent,
  options: PlanOptions,
  beside: Pick<Beside, 'live' | 'isLive'>,
  search: (input: PlanInput) => Promise<readonly Conflict[]>,
): Promise<() => Promise<readonly Conflict[]>> => {
  const { input, runner } = await readInput(intent, options, { ...beside, search: true })
  return async () => {
    const conflicts = await search(input)
    return input.fix ? conflicts : withFirewalld(conflicts, runner, options.wording)
  }
}

/**
 * Adapts the remedies that would reload firewalld. Only the remedies depend on firewalld, so no new search is needed.
 */
const withFirewalld = async (
  conflicts: readonly Conflict[],
  runner: Runner,
  wording: Wording | undefined,
): Promise<readonly Conflict[]> => {
  if (!conflicts.some(reloadsFirewalld)) return conflicts
  const firewalld = await readFirewalld(runner)
  return conflicts.map((one) => withoutLoss(one, firewalld, wording))
}

const readInput = async (
  intent: Intent,
  options: PlanOptions,
  beside: Beside,
): Promise<{ readonly input: PlanInput; readonly runner: Runner }> => {
  // Checked before anything is read for each port.
  checkPortCount(intent.mappings)
  const runner = options.runner ?? createRunner()
  if (options.facts === undefined && options.rules === undefined) await refuseElsewhere(runner, true)
  const [facts, fixes, { backend, rules }] = await Promise.all([
    options.facts ?? readHost({ addressesInUse: sharesAddresses(intent) }),
    readFixes(options),
    settleBackend(intent.project, options, runner),
  ])
  const isSearched = options.rules === undefined && beside.search
  const { rules: surrounding, unread } = isSearched
    ? await readSurroundingRules(runner, rules)
    : { rules, unread: [] }
  // Leases are read last, because an apply takes its leases before it writes rules. A network of another project that
  // is in the rules then has its lease here. In the other order its subnet could look free while its rules are in the
  // way.
  const leases = await withLeaseStore(leaseOptions(options), readLeases)
  // A live host leases its attached endpoints first, so none of them is without a lease.
  const inside =
    options.facts !== undefined || leases.state === null || beside.isLive === true
      ? { facts, unread: [] }
      : await withInside(facts, leases.state, intent, runner)
  const blocks = leaseOptions(options).leases === null ? null : await namedBlocks(options)
  const neighbours = await knownNeighbours(options.neighbours, leaseOptions(options), facts)
  const lost = await readLost(options, { leases: leases.state, facts })
  const flows = beside.search ? await readFlowsTo(intent, options) : { facts: {}, unread: [] }
  const known: KnownHost = {
    ...beside,
    live: beside.live?.() ?? [],
    facts: { ...inside.facts, ...flows.facts },
    // The managed rules come from the later reading. A rule that was removed between the two readings would otherwise
    // be searched for among the foreign rules.
    rules: isSearched && unread.length === 0 ? withOursOf(rules, surrounding) : rules,
    surrounding,
    backend,
    leases: leases.state,
    blocks,
    neighbours: neighbours.known,
    lost: lost.lost,
    unread: [
      ...leases.unread,
      ...inside.unread,
      ...neighbours.unread,
      ...lost.unread,
      ...unread,
      ...flows.unread,
      ...fixes.unread,
    ],
    fixes: fixes.fixes,
    ...(fixes.setBefore === undefined ? {} : { setBefore: fixes.setBefore }),
    owed: fixes.owed,
    sysctls: options.sysctls ?? (options.facts !== undefined || sysctlsAreWritable()),
  }
  const input = planInput(intent, options, known)
  const fix = options.fix === true && options.rules === undefined && surrounding !== null
  const firewalld = fix ? await readFirewalldOf(input.present(), runner) : null
  return { input: { ...input, firewalld }, runner }
}

/** Reads the blocks that this host lost. With a named cluster, an error in reading its blocks was thrown earlier. */
const readLost = async (options: PlanOptions, witnesses: BlockWitnesses): Promise<LostUse> => {
  const { leases, stateDirectory = defaultStateDirectory() } = leaseOptions(options)
  return leases === null
    ? { lost: [], unread: [] }
    : readLostUse(stateDirectory, witnesses, options.neighbours)
}

/** Tells whether other machines or containers are on the intent's networks and may use addresses there. */
const sharesAddresses = ({ networks, parented = [] }: Intent): boolean =>
  parented.length > 0 || networks.some(({ external }) => external)

/** The rules with the managed nftables rules of a complete reading. */
const withOursOf = (rules: HostRules, whole: HostRules | null): HostRules =>
  whole === null ? rules : { ...rules, nftables: dialects.nftables.ours(whole.nftables) }

interface FlowsRead {
  readonly facts: Pick<HostFacts, 'flows'>
  readonly unread: readonly string[]
}

/**
 * Reads the UDP flows to the ports of an intent, because they outlive a change of rules. Flows of other protocols end
 * and start again by themselves.
 */
const readFlowsTo = async ({ mappings }: Intent, { facts }: PlanOptions): Promise<FlowsRead> => {
  const ports = mappings.flatMap(({ protocol, hostPorts }) =>
    protocol === 'udp' && hostPorts !== null
      ? Array.from({ length: hostPorts.last - hostPorts.first + 1 }, (_, at) => ({
          protocol,
          port: hostPorts.first + at,
        }))
      : [],
  )
  if (facts !== undefined || ports.length === 0) return { facts: {}, unread: [] }
  try {
    return { facts: { flows: await readFlows(ports) }, unread: [] }
  } catch (error) {
    // The kernel has no conntrack netlink, or this container or user may not ask: no flows are known then.
    if (!(error instanceof PermissionError || error instanceof InspectError)) throw error
    return {
      facts: {},
      unread: [
        `Open UDP flows could not be read, so flows that stay bound elsewhere are not reported: ${error.message}`,
      ],
    }
  }
}

/**
 * Reads firewalld when it has rules on the host. firewalld answers many single questions, so it is not asked otherwise.
 */
const readFirewalldOf = async (
  present: readonly NetfilterRuleset[],
  runner: Runner,
): Promise<Firewalld | null> => {
  const isThere = present.some(({ tables }) =>
    tables.some((table) => table.chains.some((chain) => ownerOf(table, chain, null) === 'firewalld')),
  )
  return isThere ? readFirewalld(runner) : null
}

/**
 * The lease options of a plan. Given facts and rules are those of another host. It has leases here only if an option
 * says where.
 */
const leaseOptions = ({ facts, rules, leases, stateDirectory }: PlanOptions): LeaseOptions => {
  const isElsewhere = facts !== undefined && rules !== undefined
  if (leases === undefined && stateDirectory === undefined && isElsewhere) return { leases: null }
  return {
    ...(leases === undefined ? {} : { leases }),
    ...(stateDirectory === undefined ? {} : { stateDirectory }),
  }
}

/**
 * Tells whether a plan may set sysctls. For an ordinary user the question is what root could do. So a read-only
 * /proc/sys counts only when root finds it.
 * @internal
 */
export const sysctlsAreWritable = (): boolean =>
  process.geteuid?.() !== 0 || isSysctlWritable('net.ipv4.ip_forward')
