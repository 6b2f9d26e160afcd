import { type DesiredState, type LeaseStore, memoryLeaseStore } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import type { HostRules, HostState, JournalFollower, NamespaceReference, WantedState } from 'portolan/machine'
import { wantedStateIn } from 'portolan/machine'
import { FakeMonitor } from './fake-monitor.ts'
import { FakeNamespaces } from './fake-namespaces.ts'
import { MemoryJournals } from './memory-journals.ts'
import { noticesOfFacts, noticesOfRules, type Program } from './notices.ts'
import { SimulatedClock } from './simulated-clock.ts'

/** The remembered state of a host that nothing was done to. */
export const nothingRemembered: HostState = {
  sysctls: {},
  created: [],
  attributes: {},
  fixes: [],
  owed: { mapped: [], untranslated: [] },
}

/** A simulated host: everything that a real one keeps in the kernel and in Portolan's state directory. */
export class FakeState {
  #facts: HostFacts
  #rules: HostRules
  #generation = 1
  /** The values that `destroy` restores. */
  notes: HostState = nothingRemembered
  readonly leases: LeaseStore = memoryLeaseStore()
  readonly journals: MemoryJournals = new MemoryJournals()
  readonly namespaces: FakeNamespaces = new FakeNamespaces()
  /** The other ends of veth pairs, by the name of the host's end. */
  readonly endpointEnds: Map<string, { readonly namespace: number; readonly interface: string }> = new Map()
  readonly clock: SimulatedClock = new SimulatedClock()
  /** The desired state of each project, from its last applied plan. */
  readonly planned: Map<string, DesiredState> = new Map()
  readonly #monitors = new Set<FakeMonitor>()
  readonly #read = new Map<string, WantedState>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(facts: HostFacts, rules: HostRules) {
    this.#facts = facts
    this.#rules = rules
  }

  get facts(): HostFacts {
    return this.#facts
  }

  get rules(): HostRules {
    return this.#rules
  }

  get generation(): number {
    return this.#generation
  }

  /** @param transactions - the number of kernel transactions that the change takes */
  setRules(rules: HostRules, program: Program, transactions = 1): void {
    if (transactions === 0) return
    const before = this.#rules
    this.#rules = rules
    this.#generation += transactions
    this.#tell(noticesOfRules(before, rules, this.#generation, program))
  }

  setFacts(facts: HostFacts): void {
    const before = this.#facts
    this.#facts = facts
    this.#tell(noticesOfFacts(before, facts))
  }

  /** Removes both ends of an endpoint's veth pair. */
  removeEndpointLink(name: string): void {
    const end = this.endpointEnds.get(name)
    if (end !== undefined) this.namespaces.numbered(end.namespace).delete(end.interface)
    this.endpointEnds.delete(name)
    const interfaces = (this.#facts.interfaces ?? []).filter((link) => link.name !== name)
    this.setFacts({ ...this.#facts, interfaces })
  }

  /** Ends a namespace, and removes the host's ends of its veth pairs. */
  endNamespace(reference: NamespaceReference): void {
    const number = this.namespaces.end(reference)
    for (const [name, end] of this.endpointEnds) if (end.namespace === number) this.removeEndpointLink(name)
  }

  #tell(notices: Parameters<FakeMonitor['tell']>[0]): void {
    for (const monitor of this.#monitors) monitor.tell(notices)
  }

  openMonitor(): FakeMonitor {
    const monitor = new FakeMonitor((one) => this.#monitors.delete(one))
    this.#monitors.add(monitor)
    return monitor
  }

  wantedOf(project: string): WantedState {
    return wantedStateIn((follower: JournalFollower) => this.journals.open(project, follower))
  }

  /** The wanted state of a project, for reading. It is kept, since each packet needs it. */
  readWanted(project: string): WantedState {
    const known = this.#read.get(project) ?? this.wantedOf(project)
    this.#read.set(project, known)
    return known
  }

  /** Does some work alone, as Portolan's programs do under the host's lock. */
  withLock<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(work, work)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** The desired state of every project: of applied projects, and of those that live hosts hold. */
  desired(): readonly DesiredState[] {
    const live = this.journals.projects().map((project): DesiredState => {
      const wanted = this.readWanted(project)
      return {
        project,
        networks: wanted.networks().map(({ network }) => network),
        endpoints: wanted.endpoints().map(({ endpoint }) => endpoint),
        mappings: wanted.ports(),
        guardForwarding: false,
      }
    })
    return [...this.planned.values(), ...live]
  }
}
