import type { Family, Wording } from '@portolan/netfilter'
import type { DesiredMapping, PublishedPort } from '../contract/index.ts'

/** @public @since 0.1.0 */
export interface RuleConflictOptions {
  /** False: the plan leaves sysctls as the facts have them. Absent: true. */
  readonly setsSysctls?: boolean
  /**
   * Families that may have rules outside the rulesets. Such a rule may come first and change a packet's fate, so
   * conflicts of these families are possible, never certain.
   */
  readonly hidden?: readonly Family[]
  /**
   * Networks that cannot be as planned, as a conflict of their own says (`unsettledNetworks`). None of their packets
   * are judged, because their fate follows from that one cause.
   */
  readonly unsettled?: readonly string[]
  /**
   * Host ports that other projects of Portolan have in force on the host. Where these are bound more narrowly, they
   * come first. That is no fault of a rule, and `resolve` reports it once.
   */
  readonly published?: readonly PublishedPort[]
  /**
   * Selects the mappings to search. Networks and the host are searched too, and the other mappings still count as
   * existing. Absent: all mappings.
   */
  readonly about?: (mapping: DesiredMapping) => boolean
  /** How remedies name what the user may change. Absent: the words of the command. */
  readonly wording?: Wording
}
