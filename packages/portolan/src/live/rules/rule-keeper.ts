import type { ClusterNeighbours, DesiredMapping, DesiredState, PublishedPort } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'

/** A rule that is not as it is wanted, or stands where it is not wanted, with what is to be done. */
export interface RuleDrift {
  readonly action: 'add' | 'change' | 'remove'
  readonly object: string
  readonly description: string
}

/** What one backend has of ours. */
export interface KeptRules {
  /** What other projects have published, with what of it another program took away and comes back. */
  readonly others: () => readonly PublishedPort[]
  /** What this project has in force. */
  readonly own: () => readonly PublishedPort[]
  /** The ports of its containers that its routed networks have open. */
  readonly opened: () => readonly PublishedPort[]
  /**
   * Nothing is missing that the networks of this host, other projects and what is wanted of this one need, nothing is
   * there that is not wanted, and no foreign rule stands in front of it.
   */
  readonly whole: boolean
  /** What has to be done for it to be whole. Its words are made when they are read. */
  readonly drift: readonly RuleDrift[]
}

/**
 * Brings what is wanted of one project into force, in one backend.
 * @internal
 */
export interface RuleKeeper {
  /**
   * Reads the rules as they are now.
   * @param facts - the host as it was just before
   * @param desired - what is wanted of the project; asked once the rules are read, so that what another process took
   *   back meanwhile is not taken for lost
   * @param neighbours - the other hosts of the cluster: networks whose rules are gone are made anew among them
   */
  read(
    facts: HostFacts,
    desired: () => DesiredState | null,
    neighbours?: ClusterNeighbours | null,
  ): Promise<KeptRules>
  /** Is it certain that no other program changed a rule since `read`? */
  isUnchanged(): Promise<boolean>
  /** Is what `read` found, with what `hold` made of it since, certain to be what the host has? */
  isCurrent(): Promise<boolean>
  /** Can `quickly` ever do something in this backend? */
  readonly hasQuickWay: boolean
  /**
   * Adds or removes mappings in the shortest way there is, all in one transaction.
   * @returns false, with nothing done, when there is none: use `hold`
   * @throws StaleStateError when a rule of this host changed since it was read
   */
  quickly(action: 'add' | 'remove', mappings: readonly DesiredMapping[]): Promise<boolean>
  /**
   * Makes this the project, in one transaction, from the rules that were read last; what of our rules was missing then
   * comes back with it.
   * @throws StaleStateError when they are no longer so
   * @throws PortolanError `RULES_LOST` when something is missing that nothing tells any more
   */
  hold(desired: DesiredState | null): Promise<void>
  close(): void
}
