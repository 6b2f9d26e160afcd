import type {
  ClusterNeighbours,
  DesiredState,
  Intent,
  LeaseState,
  LeaseStore,
  OwnedNetwork,
  Runner,
} from '@portolan/core'
import {
  createRunner,
  defaultStateDirectory,
  type HeldBack,
  heldBackNow,
  type QuietTime,
  readHost,
} from '@portolan/host'
import {
  InvalidRequestError,
  MissingToolError,
  PermissionError,
  PortolanError,
  type Wording,
} from '@portolan/netfilter'
import { assumeBackend } from '../backend/assume-backend.ts'
import type { Backend, BackendChoice } from '../backend/backend.ts'
import { chooseBackend } from '../backend/choose-backend.ts'
import { refuseElsewhere } from '../backend/refuse-elsewhere.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { oursAsRead } from '../host-rules/ours-as-read.ts'
import { readRules } from '../host-rules/read-rules.ts'
import { readSurroundingRules } from '../host-rules/read-surrounding-rules.ts'
import { withLeaseStore } from '../leases/with-lease-store.ts'
import { knownNeighbours } from '../plan/known-neighbours.ts'
import { planBeside, sysctlsAreWritable } from '../plan/plan-intent.ts'
import type { PlanOptions } from '../plan/plan-options.ts'
import { withFormerInside } from '../plan/read-inside.ts'
import { afterChanges, betweenChanges } from './after-changes.ts'
import { parentedLines } from './attached-lines.ts'
import type { EndpointOnNetwork } from './conflicts-now.ts'
import { countConnections, notCounted } from './count-connections.ts'
import { allRuleChanges } from './find-drift.ts'
import { joinStatus } from './join-status.ts'
import { readLostBlocks } from './lost-blocks.ts'
import type { ProjectCommand } from './project-command.ts'
import type { Reading } from './reading.ts'
import { needsFallback, placesOn, readingOf } from './reading-of.ts'
import { settledWishes } from './settled-wishes.ts'
import type { HostStatus } from './status.ts'
import type { Wish } from './wish.ts'
import { readWishes } from './wishes.ts'

/** @internal */
export interface StatusOptions {
  /** Read the status of this project alone. Absent: of all projects on this host. */
  readonly project?: string
  /** Refuse a `project` that has nothing on this host. Its name was most likely mistyped. */
  readonly mustBeThere?: boolean
  /** A plan of this intent tells what is wanted of its project. Absent: only what live hosts want is known. */
  readonly intent?: { readonly intent: Intent; readonly options: PlanOptions }
  /** The backend of projects and networks that are in none yet; `auto` by default. */
  readonly backend?: BackendChoice
  readonly stateDirectory?: string
  /** The other hosts of the cluster, where they are known and this host does not remember them. */
  readonly neighbours?: ClusterNeighbours | null
  /** The answer of a cluster that this host has not joined, where networks of this host are in its pools. */
  readonly clusterSeen?: ClusterNeighbours
  /** The lease store of this process; by default that of the state directory. */
  readonly leases?: LeaseStore
  readonly runner?: Runner
  /**
   * Look for conflicts; true by default. An endpoint: look only for conflicts of its ports, of networks and of the
   * host.
   */
  readonly conflicts?: boolean | EndpointOnNetwork
  /** Count open connections; true by default. */
  readonly connections?: boolean
  /** Writes a command about a project in notes; by default unchanged. */
  readonly ownCommand?: ProjectCommand
  /** How remedies name what the user may change; by default as the command does. */
  readonly wording?: Wording
}

/**
 * Reads what is mapped on this host now. Changes nothing.
 * @throws InvalidRequestError when `mustBeThere` is set and the project has nothing here, or when a project has both a
 * file and a live host
 * @throws PortolanError `RUNNER_ELSEWHERE`, `STATE`
 * @internal
 */
export const readStatus = async (options: StatusOptions = {}): Promise<HostStatus> => {
  const runner = options.runner ?? createRunner()
  await refuseElsewhere(runner, true)
  const reading = await readSettled(options, runner)
  const surrounding = options.conflicts === false ? null : await readSurrounding(runner, reading.rules)
  const project = options.project ?? options.intent?.intent.project ?? null
  if (options.mustBeThere === true && project !== null) refuseAbsent(project, reading)
  const planned = options.intent?.intent.project
  const live = new Set(reading.wishes.flatMap((wish) => (wish.project === planned ? [] : [wish.project])))
  const stateDirectory = options.stateDirectory ?? defaultStateDirectory()
  const lost = await readLostBlocks(stateDirectory, { ...options, isLive: (one) => live.has(one) })
  const others = await knownNeighbours(options.neighbours, { stateDirectory }, reading.facts)
  const count = options.connections === false ? async () => notCounted : countConnections
  const { conflicts = true } = options
  const search =
    surrounding === null || typeof conflicts === 'boolean'
      ? surrounding
      : { ...surrounding, about: conflicts }
  const heldBack = await readHeldBack(stateDirectory, project)
  const inside = await withFormerInside(reading.facts, reading.leases, project, runner)
  const status = await joinStatus(
    { ...reading, facts: inside.facts },
    project,
    search,
    count,
    { ...lost, unread: [...lost.unread, ...others.unread, ...inside.unread] },
    others.known,
    options.wording,
    options.ownCommand,
  )
  return heldBack.length === 0 ? status : { ...status, heldBack }
}

const readSurrounding = async (runner: Runner, rules: HostRules) => {
  const { rules: whole, unread } = await readSurroundingRules(runner, rules)
  return { rules: whole === null ? null : oursAsRead(whole, rules), unread }
}

/** Only the user that holds a project may read this. For other users the list is empty. */
const readHeldBack = async (stateDirectory: string, project: string | null): Promise<readonly HeldBack[]> => {
  try {
    return await heldBackNow(stateDirectory, project)
  } catch (error) {
    if (error instanceof PermissionError) return []
    throw error
  }
}

/**
 * Refuses a project that has nothing on this host. A mistyped name would look like a project whose ports are all gone.
 */
const refuseAbsent = (project: string, { facts, wishes, networks, inForce, leases }: Reading): void => {
  const onParents = parentedLines(facts, leases)
  const there = new Set(
    [...wishes, ...networks, ...onParents, ...inForce.map(({ port }) => port)].map((one) => one.project),
  )
  if (there.has(project)) return
  const others = [...there].sort()
  throw new InvalidRequestError(
    `project ${project} has nothing on this host; ${others.length === 0 ? 'no project has' : `those that have are ${others.join(', ')}`}.`,
  )
}

/** The most readings. Of a host that changes all the time, the last reading is told. */
const MOST_READINGS = 8

/**
 * After this many readings during which the host was changed, the next reading holds the lock and other processes wait.
 */
const MOST_DISTURBED = 3

/**
 * Reads until the drift stays the same. A live host writes a port down a moment before the port is in force, and that
 * is no drift. Drift is what two successive readings both find. In iptables that moment lasts as long as programs run,
 * under the host lock. So each later reading begins when the changes under way are done, and it counts if no other
 * change has begun meanwhile. The lock is not held for the reading, because a long reading would hold up changes. Only
 * where one change follows another is the lock held.
 */
const readSettled = async (options: StatusOptions, runner: Runner): Promise<Reading> => {
  let reading = await read(options, runner, null)
  if (reading.wishes.length === 0) return reading
  let found = driftText(reading)
  let disturbed = 0
  let mayWait = true
  for (let more = MOST_READINGS - 1; found !== '' && more > 0; more -= 1) {
    const before = found
    const { wishes } = reading
    const readAgain = (): Promise<Reading> => read(options, runner, wishes)
    const isAlone: boolean = mayWait && disturbed >= MOST_DISTURBED
    const alone: Reading | null = isAlone ? await betweenChanges(readAgain) : null
    const quiet: QuietTime | null = mayWait && !isAlone ? await afterChanges() : null
    mayWait = alone !== null || quiet !== null
    reading = alone ?? (await readAgain())
    found = driftText(reading)
    const isDisturbed = quiet !== null && !quiet.lasts()
    if (isDisturbed) disturbed += 1
    else if (found === before) break
  }
  return reading
}

const driftText = ({ drift }: Reading): string =>
  [...allRuleChanges(drift), ...drift.host]
    .map(({ part, action, object }) => `${part} ${action} ${object}`)
    .join('\n')

/**
 * @param before - what was wanted at an earlier reading, which shows what is under way; null: this is the first reading
 */
const read = async (
  options: StatusOptions,
  runner: Runner,
  before: readonly Wish[] | null,
): Promise<Reading> => {
  const stateDirectory = options.stateDirectory ?? defaultStateDirectory()
  const facts = await readHost({ processNames: options.conflicts !== false })
  // The rules are read before the wishes. A port that is taken back in between is not missing then.
  const rules = await readRules(runner, null, { counters: true })
  const live = await readWishes(stateDirectory, null, facts)
  const places = placesOn(facts, rules)
  const planned = await readPlanned(options, live.wishes, (project) =>
    places.placed(project, stateOf(project, places.networks)),
  )
  const inForce = places.inForce.map(({ port }) => port)
  const leases = await readLeases(options)
  const settled = before === null ? live.wishes : settledWishes(before, live.wishes, inForce)
  const wishes = [...settled, ...planned]
  return readingOf(places, {
    wishes,
    // The programs are asked only if the answer is needed. A host without any firewall program still has a status.
    fallback: needsFallback(places, wishes)
      ? await defaultBackend(options.backend ?? 'auto', runner)
      : assumeBackend('auto'),
    sysctls: sysctlsAreWritable(),
    unread: [...live.unread, ...leases.unread],
    leases: leases.state,
  })
}

/** Leases that cannot be read must not keep the rest of the status from being told. */
const readLeases = async (
  options: StatusOptions,
): Promise<{ readonly state: LeaseState | null; readonly unread: readonly string[] }> => {
  try {
    return {
      state: await withLeaseStore(options, async (store) => (await store?.read()) ?? null),
      unread: [],
    }
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
    const what =
      'attached endpoints are shown without addresses, and networks on interfaces of this host are not shown'
    return { state: null, unread: [`The leases could not be read, so ${what}: ${error.message}`] }
  }
}

const stateOf = (project: string, networks: readonly OwnedNetwork[]): DesiredState => ({
  project,
  networks: networks.filter((one) => one.project === project).map(({ network }) => network),
  endpoints: [],
  mappings: [],
  guardForwarding: false,
})

/** The wishes that a plan of an intent would make. */
const readPlanned = async (
  { intent: asked, backend, runner }: StatusOptions,
  live: readonly Wish[],
  placed: (project: string) => Backend | null,
): Promise<readonly Wish[]> => {
  if (asked === undefined) return []
  const { intent, options } = asked
  const { project } = intent
  if (live.some((wish) => wish.project === project))
    throw new InvalidRequestError(
      `project ${project} is held by a live host, so no file says what is wanted of it. Leave -f out, or give this project another name (-p).`,
    )
  const planned = await planBeside(
    intent,
    {
      ...options,
      backend: placed(project) ?? backend ?? 'auto',
      ...(runner === undefined ? {} : { runner }),
    },
    { search: false },
  )
  // The search of a status finds all other conflicts anew, from what is in force.
  const ofRoutes = planned.conflicts.filter(({ kind }) => kind === 'BlockRouteTaken')
  const { desired } = planned
  return [{ project, desired, mappings: desired.mappings, conflicts: ofRoutes, backend: planned.backend }]
}

/**
 * Chooses the backend of projects and networks that are in none yet. A host without either program has no rules, and
 * gets the backend that it would use.
 */
const defaultBackend = async (choice: BackendChoice, runner: Runner): Promise<Backend> => {
  try {
    return await chooseBackend(choice, runner)
  } catch (error) {
    if (!(error instanceof MissingToolError) || choice !== 'auto') throw error
    return assumeBackend(choice)
  }
}
