import type { SourcePosition } from '@portolan/netfilter'

/**
 * One entry of `reachable_from`: a source that reaches containers on their own addresses.
 * @public @since 0.1.0
 */
export interface ReachableIntent {
  readonly from: ReachableSource
  readonly place: SourcePosition | null
}

/**
 * A source that reaches containers on their own addresses. An interface means other machines whose packets come in by
 * it. A prefix means other machines with such a source address. A service or network is one of the same project.
 * @public @since 0.1.0
 */
export type ReachableSource =
  | { readonly kind: 'interface'; readonly name: string }
  /** Canonical CIDR. */
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'service'; readonly service: string }
  | { readonly kind: 'network'; readonly network: string }
