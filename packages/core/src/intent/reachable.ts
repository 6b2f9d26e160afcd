import type { SourcePosition } from '@portolan/netfilter'

/**
 * One entry of `reachable_from`: what reaches containers on their own addresses.
 * @public @since 0.1.0
 */
export interface ReachableIntent {
  readonly from: ReachableSource
  readonly place: SourcePosition | null
}

/**
 * What reaches them. An interface and a prefix stand for other machines: by where they come in, or by their source. A
 * service or network is one of the same project.
 * @public @since 0.1.0
 */
export type ReachableSource =
  | { readonly kind: 'interface'; readonly name: string }
  /** Canonical CIDR. */
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'service'; readonly service: string }
  | { readonly kind: 'network'; readonly network: string }
