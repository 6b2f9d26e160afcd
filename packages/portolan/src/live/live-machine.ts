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
  /** Null: there is no sysctl of that name. */
  read(name: string): string | null
  write(name: string, value: string): void
  isWritable(name: string): boolean
}

/**
 * Everything that a live host does to its machine: this machine, or one that a test simulates.
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
  /** The records besides the journal, for as long as the host is open. Absent: none of them can be lost. */
  readonly notes?: KeptNotes
  /** The words of messages for what the user may change; default: options and calls of the library. */
  readonly wording?: Wording
  /** The other backends with rules of the project. */
  elsewhere(): Promise<readonly Backend[]>
  /**
   * The program that opened the host named the backend. Then other backends are checked even when no rule is missing.
   */
  readonly isNamed?: boolean
  /** Continues in another backend, which another program chose for the project. Absent: the host stays in its own. */
  moveTo?(backend: Backend): void
  /**
   * Reads the other ends of interfaces, by the index on this host, as `readPeers` does. Absent: nothing tells what
   * those ends have, and no network is taken up.
   */
  readPeers?(indexes: readonly number[]): Promise<ReadonlyMap<number, PeerInside>>
  /** Tells which bridges of the project are taken up when it has no record: see `OpenHostOptions`. Absent: none. */
  readonly takesUp?: (left: LeftNetwork) => boolean
  /**
   * Plans networks and endpoints, together with ports that no intent has.
   * @param beside - `live`: returns those ports, called after the rules are read, so that a port that another process
   * publishes in between does not look unwanted; `search`: search for conflicts with what else is on the host
   */
  plan(
    intent: Intent,
    beside: { readonly live: () => readonly DesiredMapping[]; readonly search: boolean },
  ): Promise<Plan>
  /**
   * Reads what a search for conflicts needs, as the host is now.
   * @param live - as in `plan`
   * @returns the search, which may run beside other work
   */
  prepareSearch(
    intent: Intent,
    live: () => readonly DesiredMapping[],
  ): Promise<() => Promise<readonly Conflict[]>>
  /**
   * Carries out a plan under the lock that the caller holds.
   * @param writeDown - called before anything is changed; returns a function that undoes it
   */
  carryOut(plan: Plan, writeDown: () => Promise<() => Promise<void>>): Promise<void>
  readStatus(options: {
    readonly conflicts: boolean | { readonly network: string; readonly endpoint: string }
    readonly connections: boolean
  }): Promise<HostStatus>
  /** Notes on a network to which an endpoint is attached; absent: no notes. */
  noteLost?(network: OwnedNetwork): Promise<readonly string[]>
  /** Opens a monitor of the host's changes. */
  openMonitor(): Promise<Monitor>
  /** Closes what belongs to the machine itself. Rules, links and the like are closed one by one. */
  close(): Promise<void>
}
