import type { DesiredMapping, PublishedPort } from '@portolan/core'
import type { Family, HostFacts } from '@portolan/netfilter'

/** What one backend has of ours. */
export interface KeptRules {
  /** What every project has published. */
  readonly ports: readonly PublishedPort[]
  /**
   * Families in which our rules stand: packets are led to them, and nothing of them is missing. In others a mapping that
   * is missing was lost, not taken back.
   */
  readonly standing: readonly Family[]
  /**
   * Nothing is missing that the networks of this host and what is in force need, and no foreign rule stands in front of
   * it.
   */
  readonly whole: boolean
}

/**
 * Brings the mappings of one project into force, in one backend.
 * @internal
 */
export interface RuleKeeper {
  /**
   * Reads the rules as they are now.
   * @param facts - the host as it was just before
   */
  read(facts: HostFacts): Promise<KeptRules>
  /** Is it certain that no other program changed a rule since `read`? */
  isUnchanged(): Promise<boolean>
  /** Is what `read` found, with what `hold` made of it since, certain to be what the host has? */
  isCurrent(): Promise<boolean>
  /**
   * Adds or removes one mapping in the shortest way there is.
   * @returns false, with nothing done, when there is none: use `hold`
   * @throws StaleStateError when a rule of this host changed since it was read
   */
  quickly(action: 'add' | 'remove', mapping: DesiredMapping): Promise<boolean>
  /**
   * Makes these the project's mappings, in one transaction, from the rules that were read last; what of our rules was
   * missing then comes back with it.
   * @throws StaleStateError when they are no longer so
   * @throws PortolanError `RULES_LOST` when something is missing that nothing tells any more
   */
  hold(mappings: readonly DesiredMapping[]): Promise<void>
  close(): void
}
