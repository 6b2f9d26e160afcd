import type { NetfilterTable } from '@portolan/netfilter'

/**
 * Facts about a host that help to lower its rules.
 * @public @since 0.1.0
 */
export interface LowerContext<Rules> {
  /** Tables that another dialect has read whole. This dialect may see only a part of them. */
  readonly known?: readonly NetfilterTable[]
  /**
   * The rules of the host, if the rules to lower are planned ones. Foreign rules keep the positions that they have on
   * the host.
   */
  readonly numberedAs?: Rules
}
