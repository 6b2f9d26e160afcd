import type { NetfilterTable } from '@portolan/netfilter'

/**
 * What is known of a host beside the rules that are lowered.
 * @public @since 0.1.0
 */
export interface LowerContext<Rules> {
  /** Tables that another dialect has read whole: what this one shows of them may be a part. */
  readonly known?: readonly NetfilterTable[]
  /** The rules of the host, where those that are lowered are what a plan would make of them: by it foreign rules are numbered. */
  readonly numberedAs?: Rules
}
