import type { Conflict, DesiredMapping, Intent, LeaseStore, OwnedNetwork } from '@portolan/core'
import type {
  ClusterMemory,
  Conntrack,
  Links,
  Listeners,
  Monitor,
  Namespaces,
  PeerInside,
} from '@portolan/host'
import type { Wording } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import type { Plan } from '../plan/plan.ts'
import type { HostStatus } from '../status/status.ts'
import type { Clock } from '../watch/clock.ts'
import type { KeptNotes } from './left-behind/kept-notes.ts'
import type { LeftNetwork } from './left-behind/left-network.ts'
import type { HeldHost } from './rules/held-rules.ts'
import type { RuleSource } from './rules/rule-source.ts'
import type { WantedState } from './wanted/wanted-state.ts'

/**
 * The sysctls of a host, by dotted name.
 * @public @since 0.1.0
 */
export interface Sysctls {
  /** Null: there is none of that name. */
  read(name: string): string | null
  write(name: string, value: string): void
  isWritable(name: string): boolean
}

/**
 * All that a live host does to the machine it is on: this one, or one that a test simulates.
 * @public @since 0.1.0
 */
export interface LiveMachine<One extends Backend = Backend> extends HeldHost {
  readonly backend: One
  readonly rules: RuleSource<One>
  readonly wanted: WantedState
  readonly leases: LeaseStore
  readonly links: Links
  readonly namespaces: Namespaces
  readonly listeners: Listeners
  readonly conntrack: Conntrack
  readonly sysctls: Sysctls
  readonly clock: Clock
  /** What the host remembers of its cluster; absent: it is in none. */
  readonly cluster?: ClusterMemory
  /** What is written down beside what is wanted, as long as the host is open. Absent: none of it can be lost. */
  readonly notes?: KeptNotes
  /** How messages name what the user may change; as the command does unless told. */
  readonly wording?: Wording
  /** The other backends that have rules of the project. */
  elsewhere(): Promise<readonly Backend[]>
  /** Did the program that opens it name the backend? Rules elsewhere are looked for then though nothing is missing. */
  readonly isNamed?: boolean
  /** Goes on in another backend, which another program named for the project. Absent: it stays in its own. */
  moveTo?(backend: Backend): void
  /**
   * Reads the other ends of interfaces of this host, by the index here, as `readPeers` does. Absent: nothing tells what
   * they have, and no network is taken up.
   */
  readPeers?(indexes: readonly number[]): Promise<ReadonlyMap<number, PeerInside>>
  /**
   * Which bridges of the project are taken up where nothing is written down of it: see `OpenHostOptions`. Absent: none.
   */
  readonly takesUp?: (left: LeftNetwork) => boolean
  /**
   * Plans networks and endpoints beside ports that no intent has.
   * @param beside - `live`: those ports, asked once the rules are read, so that one that another process publishes in between is
   *   not taken for unwanted; `search`: look for conflicts with what else is on the host
   */
  plan(
    intent: Intent,
    beside: { readonly live: () => readonly DesiredMapping[]; readonly search: boolean },
  ): Promise<Plan>
  /**
   * Reads what a search for conflicts needs, as the host is now.
   * @param live - as `plan` has it
   * @returns the search, which may go on beside other work
   */
  prepareSearch(
    intent: Intent,
    live: () => readonly DesiredMapping[],
  ): Promise<() => Promise<readonly Conflict[]>>
  /**
   * Carries a plan out, under the lock that the caller holds.
   * @param writeDown - called before anything is changed; gives what undoes it
   */
  carryOut(plan: Plan, writeDown: () => Promise<() => Promise<void>>): Promise<void>
  readStatus(options: {
    readonly conflicts: boolean | { readonly network: string; readonly endpoint: string }
    readonly connections: boolean
  }): Promise<HostStatus>
  /** What is to be said of a network that something is attached to; absent: nothing. */
  noteLost?(network: OwnedNetwork): Promise<readonly string[]>
  /** Listens to what changes on the host. */
  openMonitor(): Promise<Monitor>
  /** Closes what is of the machine alone; rules, links and the like are closed one by one. */
  close(): Promise<void>
}
