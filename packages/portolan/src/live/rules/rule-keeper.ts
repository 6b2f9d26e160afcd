import type { ClusterNeighbours, DesiredMapping, DesiredState, PublishedPort } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'

/** A rule that differs from the desired state, and what has to be done about it. */
export interface RuleDrift {
  readonly action: 'add' | 'change' | 'remove'
  readonly object: string
  readonly description: string
}

/** The managed rules of one backend. */
export interface KeptRules {
  /** The published ports of other projects, including those that another program removed and that come back. */
  readonly others: () => readonly PublishedPort[]
  /** The ports of this project that are in force. */
  readonly own: () => readonly PublishedPort[]
  /** The container ports of this project that its routed networks have open. */
  readonly opened: () => readonly PublishedPort[]
  /**
   * Nothing is missing that the networks of this host, other projects or this project's wanted state need. Nothing
   * unwanted is there, and no foreign rule stands in front of a jump.
   */
  readonly whole: boolean
  /** The changes that make the rules whole. Their texts are computed when they are read. */
  readonly drift: readonly RuleDrift[]
}

/**
 * Brings the desired state of one project into force, in one backend.
 * @internal
 */
export interface RuleKeeper {
  /**
   * Reads the rules as they are now.
   * @param facts - the host as it was just before
   * @param desired - returns the desired state of the project. Called after the rules are read, so that what another
   * process unpublished meanwhile does not look lost
   * @param neighbours - the other hosts of the cluster. Networks whose rules are gone get rules that name these hosts
   */
  read(
    facts: HostFacts,
    desired: () => DesiredState | null,
    neighbours?: ClusterNeighbours | null,
  ): Promise<KeptRules>
  /** Tells whether certainly no other program changed a rule since `read`. */
  isUnchanged(): Promise<boolean>
  /** Tells whether the rules that `read` found, with the changes of `hold` since, are certainly those of the host. */
  isCurrent(): Promise<boolean>
  /** Tells whether `quickly` can work at all in this backend. */
  readonly hasQuickWay: boolean
  /**
   * Adds or removes mappings the shortest way, all in one transaction.
   * @returns false, with nothing done, when there is no such way: use `hold`
   * @throws StaleStateError when a rule of this host changed since the reading
   */
  quickly(action: 'add' | 'remove', mappings: readonly DesiredMapping[]): Promise<boolean>
  /**
   * Brings a desired state of the project into force, in one transaction, from the rules of the last reading. Managed
   * rules that were missing then are restored with it.
   * @throws StaleStateError when the rules have changed since
   * @throws PortolanError `RULES_LOST` when rules are missing that nothing tells any more
   */
  hold(desired: DesiredState | null): Promise<void>
  close(): void
}
