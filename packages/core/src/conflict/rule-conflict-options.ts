import type { Family, Wording } from '@portolan/netfilter'
import type { DesiredMapping, PublishedPort } from '../contract/index.ts'

/** @public @since 0.1.0 */
export interface RuleConflictOptions {
  /** False: the plan leaves sysctls as the facts have them. True unless told. */
  readonly setsSysctls?: boolean
  /**
   * Families that may have rules which are not among the rulesets. Such a rule may come first and change what becomes
   * of a packet, so conflicts of these families are possible, never certain.
   */
  readonly hidden?: readonly Family[]
  /**
   * Networks that cannot be as planned, as a conflict of their own says (`unsettledNetworks`). None of their packets
   * are judged: what becomes of them follows from that one cause.
   */
  readonly unsettled?: readonly string[]
  /**
   * Host ports that other projects of Portolan have in force on the host. At the addresses and interfaces where they
   * are bound more narrowly they come first, which is no fault of a rule: `resolve` tells it, once.
   */
  readonly published?: readonly PublishedPort[]
  /**
   * Only of these mappings are conflicts looked for, and of networks and the host; the others are there all the same.
   * All unless told.
   */
  readonly about?: (mapping: DesiredMapping) => boolean
  /** How remedies name what the user may change; as the command does unless told. */
  readonly wording?: Wording
}
