import {
  type DesiredState,
  type FlowInput,
  type Intent,
  type LeaseState,
  releaseProject,
} from '@portolan/core'
import { type HostFacts, InvalidRequestError, type PacketInput, PortolanError } from '@portolan/netfilter'
import {
  assumeBackend,
  type BackendChoice,
  backendOfPlan,
  backends,
  dialects,
  giveLeasesBack,
  type HostRules,
  type LiveHost,
  type NamespaceReference,
  openHostOn,
  type Plan,
  type PlanOptions,
  type ProjectConflict,
  planRemoval,
  type Removal,
  type RulesByBackend,
  refuseAttached,
  refuseLeftBehind,
  takeLeasesOf,
} from 'portolan/machine'
import { checkFacts, checkRules, isOfValues } from '../check/check-facts.ts'
import {
  checkDestroyOptions,
  checkDuration,
  checkIntent,
  checkInterfaceName,
  checkOpenOptions,
  checkPlan,
  checkPlanOptions,
} from '../check/check-request.ts'
import { notExpected } from '../check/check-value.ts'
import { NotSimulatedError } from '../not-simulated-error.ts'
import { carryOutOn, forgetAll, remember } from './carry-out.ts'
import { childLinks } from './child-links.ts'
import { type Drift, driftOf } from './drift.ts'
import { fakeMachine } from './fake-machine.ts'
import type { InsideInterface } from './fake-namespaces.ts'
import { FakeState } from './fake-state.ts'
import { type ForeignRules, foreignRules, type RuleTexts, rulesFromTexts } from './foreign-rules.ts'
import { planOn, rulesToPlan } from './plan-on.ts'
import { type Delivery, Sender } from './send.ts'
import { completeFacts, smallHost } from './small-host.ts'
import { conflictsOn } from './status-on.ts'

/**
 * The options of a plan on a simulated host. The host, its rules and its leases come from the simulation.
 * @public @since 0.1.0
 */
export type FakePlanOptions = Omit<
  PlanOptions,
  'facts' | 'rules' | 'leases' | 'stateDirectory' | 'runner' | 'fix'
>

/**
 * A host that the evaluator simulates. It has `plan`, `apply`, `destroy` and `openHost` like the package `portolan`,
 * and needs no root, no Linux and no process: rules, interfaces, sysctls, leases and time are values in memory. A call
 * for something that it does not simulate throws `NotSimulatedError`.
 *
 * - Containers are addresses: nothing runs in them, and all of their ports answer. Packets are those of the host's own
 *   network namespace. An endpoint in another one (`attach`) has interfaces there, but no packets.
 * - Each packet that is sent begins a flow of its own: connection tracking keeps nothing from one to the next.
 * - Programs of other firewalls do not run, so `plan({ fix: true })` is refused; their rules are text (`foreign`).
 * - No other program writes to the host during a call, so no call meets a change halfway.
 * @example
 * const host = fakeHost()
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * await host.apply(await host.plan(intent))
 * const client = { family: 'ip', in: 'eth0', source: '198.51.100.7', protocol: 'tcp' }
 * host.send({ ...client, destination: '192.0.2.2', destinationPort: 8080 }).outcome // 'delivered'
 * @public @since 0.1.0
 */
export interface FakeHost {
  /** The facts of the host, as they are now. */
  readonly facts: HostFacts
  /** The rules of every backend, foreign rules too. */
  readonly rules: HostRules
  /** Sets the rules of other programs. */
  readonly foreign: ForeignRules
  /** Lets other programs remove or change what Portolan manages. */
  readonly drift: Drift
  /** Plans like `plan` of the package `portolan`. The backend is `nftables` unless told. */
  plan(intent: Intent, options?: FakePlanOptions): Promise<Plan>
  /**
   * Applies a plan like `apply`.
   * @throws StaleStateError when Portolan's state, or a lease of the plan, changed since the plan was made
   */
  apply(plan: Plan): Promise<void>
  /** Removes like `destroy`: one project, or without its name all of them. */
  destroy(options?: { readonly project?: string; readonly keepLeases?: boolean }): Promise<Removal>
  /** Opens a live host like `openHost`. The project is `live` unless told. */
  openHost(options?: { readonly backend?: BackendChoice; readonly project?: string }): Promise<LiveHost>
  /** Tells what the kernel would do with the first packet of a flow, the answer to it, and later ones. */
  send(packet: PacketInput | FlowInput): Delivery
  /**
   * The conflicts that break, or would break, what the host's projects want, as `status` of a live host reports them.
   */
  conflicts(): readonly ProjectConflict[]
  /** The desired state of each project: of applied projects, and of those of live hosts. */
  desired(): readonly DesiredState[]
  /** Changes facts as another program would: each given key replaces its former value. */
  change(facts: HostFacts): void
  /** Adds an interface, such as the host's end of a container's veth. It is down, and a port of no bridge. */
  addInterface(name: string, kind?: string): void
  /**
   * The interfaces in a network namespace, without loopback. A simulated host has every namespace that is named, and
   * nothing in it.
   */
  interfacesIn(netns: NamespaceReference): readonly InsideInterface[]
  /** Ends a network namespace, as the end of its last process does: interfaces that were attached to it are removed. */
  endNamespace(netns: NamespaceReference): void
  /** The leases of every project. */
  leases(): Promise<LeaseState>
  /** Every rule, as the tools print them. */
  text(): string
  /** Lets simulated time pass for watches, in milliseconds. No real time passes. */
  advance(ms: number): Promise<void>
}

/**
 * Makes a simulated host.
 *
 * @param facts - as `readHost` or `portolan inspect` give them; a host with one uplink (`smallHost`) unless told.
 *   Absent sysctls have the values of that host
 * @param rules - as the tools print them, or as values; none unless told
 * @throws ParseError for a text that cannot be read; InvalidRequestError for a key or a value that facts or rules do not have
 * @example
 * const host = fakeHost(smallHost, { iptables: '*filter\n:FORWARD DROP [0:0]\nCOMMIT\n' })
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const { conflicts } = await host.plan(intent)
 * conflicts.map(({ kind }) => kind).includes('ForwardDropped') // true
 * @public @since 0.1.0
 */
export const fakeHost = (facts: HostFacts = smallHost, rules: RuleTexts | HostRules = {}): FakeHost => {
  checkFacts(facts, 'fakeHost(facts)')
  checkRules(rules)
  const known = completeFacts(facts)
  const state = new FakeState(known, isValues(rules) ? rules : rulesFromTexts(rules, known))
  const sender = new Sender(state)
  return {
    get facts() {
      return state.facts
    },
    get rules() {
      return state.rules
    },
    foreign: foreignRules(state),
    drift: driftOf(state),
    plan: async (intent, options = {}) => {
      checkIntent(intent, 'host.plan(intent)')
      checkPlanOptions(options)
      refuseUnsimulated(options)
      if (state.journals.projects().includes(intent.project)) throw projectIsLive(intent.project)
      const backend = backendOfPlan(intent.project, options, state.rules)
      return planOn(state, backend, intent, options, { search: true })
    },
    apply: async (plan) => {
      checkPlan(plan)
      await state.withLock(async () => {
        const isDone = plan.changes.length === 0 && (plan.leases?.changes.length ?? 0) === 0
        if (!isDone) {
          await refuseLeftBehind(plan, await state.leases.read(), childLinks(state))
          await carryOutOn(state, plan, async () => {
            const taken = await takeLeasesOf(state.leases, plan.leases)
            return () => giveLeasesBack(state.leases, taken)
          })
        }
        remember(state, plan.desired)
      })
    },
    destroy: async (options = {}) => {
      checkDestroyOptions(options)
      const { project = null, keepLeases = false } = options
      return state.withLock(() => destroyOn(state, project, keepLeases))
    },
    openHost: async (options = {}) => {
      checkOpenOptions(options)
      const { backend = 'auto', project = 'live' } = options
      return openHostOn(project, fakeMachine(state, project, assumeBackend(backend)))
    },
    send: (packet) => sender.send(packet),
    conflicts: () => conflictsOn(state),
    desired: () => state.desired(),
    change: (change) => {
      checkFacts(change, 'host.change(facts)')
      state.setFacts({ ...state.facts, ...change })
    },
    addInterface: (name, kind = 'veth') => addInterface(state, name, kind),
    interfacesIn: (netns) => state.namespaces.interfacesIn(netns),
    endNamespace: (netns) => state.endNamespace(netns),
    leases: () => state.leases.read(),
    text: () => backends.map((backend) => textOf(backend, state.rules)).join(''),
    advance: async (ms) => {
      checkDuration(ms)
      await state.clock.advance(ms)
    },
  }
}

const isValues = (rules: RuleTexts | HostRules): rules is HostRules => isOfValues(rules)

/** Refuses options that a simulated host does not have, for callers without types. */
const refuseUnsimulated = (options: PlanOptions): void => {
  const why: Readonly<Record<string, string>> = {
    fix: 'it runs programs of other firewalls',
    runner: 'no program runs there',
    facts: 'the host has facts of its own (host.facts)',
    rules: 'the host has rules of its own (host.rules)',
    leases: 'the host has a lease store of its own',
    stateDirectory: 'nothing is written to a disk',
  }
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && value !== false && why[name] !== undefined)
      throw new NotSimulatedError(`The option ${name} of plan`, why[name], 'Leave it out.')
}

const projectIsLive = (project: string): PortolanError =>
  new PortolanError(
    'PROJECT_IS_LIVE',
    `Project ${project} is held by a live host: a plan would remove what that wants. Give this one another name, or end that one with destroy({ project: "${project}" }).`,
  )

const destroyOn = async (state: FakeState, project: string | null, keepLeases: boolean): Promise<Removal> => {
  const removal = planRemoval({
    facts: state.facts,
    rules: rulesToPlan(state.rules),
    surroundings: { rules: state.rules, unread: [], settings: [] },
    state: state.notes,
    project,
    leases: keepLeases ? null : await state.leases.read(),
    live: state.journals.projects(),
    stateDirectory: 'the memory of this process',
  })
  if (!keepLeases) await refuseAttached(removal, childLinks(state))
  await carryOutOn(state, removal, async () => {
    // The journals go first: a live host would bring back what it finds in them.
    for (const live of removal.live) state.journals.forget(live)
    return async () => {}
  })
  if (removal.complete) forgetAll(state)
  if (!keepLeases && removal.leases.length > 0)
    await state.leases.transact((leases) => releaseProject(leases, project))
  for (const gone of removal.projects) state.planned.delete(gone)
  return removal
}

const addInterface = (state: FakeState, name: string, kind: string): void => {
  checkInterfaceName(name, 'host.addInterface(name)')
  if (typeof kind !== 'string' || kind === '')
    throw notExpected('host.addInterface(name, kind)', 'expected a kind such as "veth"', kind)
  const links = state.facts.interfaces ?? []
  if (links.some((link) => link.name === name))
    throw new InvalidRequestError(`this host has an interface ${name} already: give another name.`)
  const index = 1 + Math.max(0, ...links.map((link) => link.index ?? 0))
  const link = { name, index, kind, up: false, master: null, addresses: [] }
  state.setFacts({ ...state.facts, interfaces: [...links, link] })
}

const textOf = <One extends keyof RulesByBackend>(backend: One, rules: RulesByBackend): string => {
  const dialect = dialects[backend]
  const own = rules[backend]
  return own.tables.length === 0 ? '' : `# ${dialect.title}\n${dialect.print(own)}`
}
